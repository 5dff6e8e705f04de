"""The clean-up: tokens, counters, answers, old records, old jobs, lost pictures."""

from datetime import timedelta

from app.container import Container, RequestScope
from app.core.context import RequestContext
from app.domain.jobs.purge import Purge
from app.jobs.registry import JobRouter
from app.repository.audit_repository import AuditRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.service.idempotency_service import KEPT as ANSWERS_KEPT

router = JobRouter()


@router.handler(Purge)
async def purge(job: Purge, container: Container, context: RequestContext) -> None:
    """Remove what has expired. It takes as long as it needs: no statement is ended."""
    patient = Container(
        container.settings.model_copy(update={"DB_STATEMENT_TIMEOUT": 0})
    )
    await patient.database.connect()
    try:
        await patient.in_transaction(context, _purge)
        await patient.in_transaction(context, _purge_pictures)
    finally:
        await patient.database.disconnect()


async def _purge(scope: RequestScope) -> None:
    settings = scope.container.settings
    await RefreshTokenRepository(scope.session).purge()
    await scope.mail_tokens.purge()
    await RateLimitRepository(scope.container.database, scope.session).purge()
    await AuditRepository(scope.session).purge(
        timedelta(days=settings.AUDIT_RETENTION_DAYS)
    )
    await scope.answers.purge(ANSWERS_KEPT)
    await scope.jobs.purge(timedelta(days=settings.JOB_RETENTION_DAYS))


async def _purge_pictures(scope: RequestScope) -> None:
    """Remove the files that no user has: of deleted users, of requests that failed."""
    files = scope.container.files
    # A younger one may belong to a request that is not committed yet.
    old = await files.older_than(timedelta(hours=1))
    for name in set(old) - await scope.users.pictures_among(old):
        await files.remove(name)
