"""The clean-up: tokens, counters, answers, old records, old jobs, lost pictures."""

from datetime import timedelta

from app.api.wiring import Shared, Wiring
from app.domain.jobs.purge import Purge
from app.jobs.registry import JobRouter
from app.repository.audit_repository import AuditRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.service.audit_service import Origin
from app.service.idempotency_service import KEPT as ANSWERS_KEPT

router = JobRouter()


@router.does(Purge)
async def purge(job: Purge, shared: Shared, origin: Origin) -> None:
    """Remove what has expired. It takes as long as it needs: no statement is ended."""
    patient = Shared(shared.settings.model_copy(update={"DB_STATEMENT_TIMEOUT": 0}))
    await patient.database.connect()
    try:
        await patient.in_transaction(origin, _purge)
        await patient.in_transaction(origin, _purge_pictures)
    finally:
        await patient.database.disconnect()


async def _purge(wiring: Wiring) -> None:
    settings = wiring.shared.settings
    await RefreshTokenRepository(wiring.session).purge()
    await wiring.mail_tokens.purge()
    await RateLimitRepository(wiring.shared.database, wiring.session).purge()
    await AuditRepository(wiring.session).purge(
        timedelta(days=settings.AUDIT_RETENTION_DAYS)
    )
    await wiring.answers.purge(ANSWERS_KEPT)
    await wiring.jobs.purge(timedelta(days=settings.JOB_RETENTION_DAYS))


async def _purge_pictures(wiring: Wiring) -> None:
    """Remove the files that no user has: of deleted users, of requests that failed."""
    files = wiring.shared.files
    # A younger one may belong to a request that is not committed yet.
    old = await files.older_than(timedelta(hours=1))
    for name in set(old) - await wiring.users.pictures_among(old):
        await files.remove(name)
