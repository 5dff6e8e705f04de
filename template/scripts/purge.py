"""Remove what has expired: tokens, counters, answers, old records, lost pictures.

Run it now and then: `python -m scripts.purge`, once a day say.
"""

import asyncio
import sys
from datetime import timedelta

from app.api.wiring import Shared, Wiring
from app.core.config import ConfigurationError, Settings, get_settings
from app.core.exceptions import AppException
from app.repository.audit_repository import AuditRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.service.audit_service import Origin
from app.service.idempotency_service import KEPT as ANSWERS_KEPT

OPERATOR = Origin(address="local", request_id="purge")


async def purge(settings: Settings) -> None:
    """Remove it.

    Raises:
        AppException: the database does not answer.
    """
    # It takes as long as it needs.
    shared = Shared(settings.model_copy(update={"DB_STATEMENT_TIMEOUT": 0}))
    await shared.database.connect()
    try:
        await shared.database.ping()
        await shared.in_transaction(OPERATOR, _purge)
        await shared.in_transaction(OPERATOR, _purge_pictures)
    finally:
        await shared.database.disconnect()


async def _purge(wiring: Wiring) -> None:
    shared = wiring.shared
    await RefreshTokenRepository(wiring.session).purge()
    await wiring.mail_tokens.purge()
    await RateLimitRepository(shared.database, wiring.session).purge()
    kept = timedelta(days=shared.settings.AUDIT_RETENTION_DAYS)
    await AuditRepository(wiring.session).purge(kept)
    await wiring.answers.purge(ANSWERS_KEPT)


async def _purge_pictures(wiring: Wiring) -> None:
    """Remove the files that no user has: of deleted users, of requests that failed."""
    files = wiring.shared.files
    # A younger one may belong to a request that is not committed yet.
    old = await files.older_than(timedelta(hours=1))
    for name in set(old) - await wiring.users.pictures_among(old):
        await files.remove(name)


if __name__ == "__main__":
    try:
        asyncio.run(purge(get_settings()))
    except (AppException, ConfigurationError) as error:
        sys.exit(str(error))
