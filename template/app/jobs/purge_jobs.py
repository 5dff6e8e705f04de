"""Clean-up of tokens, counters, responses, audit events, jobs and orphaned pictures."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from app.container import Container, RequestScope
from app.core.context import RequestContext
from app.domain.jobs.purge import Purge
from app.jobs.registry import JobRouter
from app.repository.audit_repository import AuditRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.service.idempotency_service import KEPT as ANSWERS_KEPT

router = JobRouter()
# Counters deleted at once: requests wait for the locks of theirs.
BATCH = 1_000


@router.handler(Purge)
async def purge(job: Purge, container: Container, context: RequestContext) -> None:
    """Delete expired rows and orphaned pictures, without a statement timeout."""
    # A newer file may belong to a request that is not committed yet.
    old = await container.uploads.older_than(timedelta(hours=1))
    async with (
        container.database.with_statement_timeout(0) as patient,
        container.open_scope(context, database=patient) as scope,
    ):
        await _purge_rows(scope)
        kept = await scope.users.pictures_among(old)
    # Pictures of deleted users and of failed requests.
    for name in set(old) - kept:
        await container.uploads.remove(name)


async def _purge_rows(scope: RequestScope) -> None:
    """Delete expired rows in short transactions: each keeps its locks to the end."""
    settings, session = scope.container.settings, scope.session
    audited = timedelta(days=settings.AUDIT_RETENTION_DAYS)
    purges: list[Callable[[], Awaitable[None]]] = [
        RefreshTokenRepository(session).purge,
        scope.mail_tokens.purge,
        partial(AuditRepository(session).purge, audited),
        partial(scope.answers.purge, ANSWERS_KEPT),
        partial(scope.jobs.purge, timedelta(days=settings.JOB_RETENTION_DAYS)),
    ]
    for purge_table in purges:
        await purge_table()
        await scope.unit.commit()
    while await RateLimitRepository(session).purge(BATCH):
        await scope.unit.commit()
