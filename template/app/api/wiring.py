"""Which parts make which service: the one place that joins them.

A slice of its own keeps its wiring in its `*_deps.py`; accounts are shared by all.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.exceptions import AppException
from app.core.mail import Mailer, make_mailer
from app.core.seal import Seal
from app.core.security import PasswordHasher, TokenSigner
from app.core.storage import FileStore
from app.repository.audit_repository import AuditRepository
from app.repository.idempotency_repository import IdempotencyRepository
from app.repository.job_queue_repository import JobQueueRepository
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.repository.user_repository import UserRepository
from app.service.account_service import AccountService
from app.service.audit_service import AuditService, Origin
from app.service.auth_service import AuthService
from app.service.cursor_service import CursorService
from app.service.idempotency_service import IdempotencyService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.password_service import PasswordService
from app.service.token_service import TokenService

if TYPE_CHECKING:
    from app.core.telemetry import Telemetry


class Shared:
    """What all requests of an application share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = DatabaseManager(settings)
        self.hasher = PasswordHasher(settings)
        self.signer = TokenSigner(settings)
        self.mailer: Mailer = make_mailer(settings)
        self.files = FileStore(settings.UPLOAD_DIR)
        self.cursors = CursorService(Seal(settings, "cursor"))
        self.request_seal = Seal(settings, "idempotency")
        self.link_seal = Seal(settings, "link")
        self.telemetry = _make_telemetry(settings)

    async def in_transaction[Result](
        self, origin: Origin, action: Callable[["Wiring"], Awaitable[Result]]
    ) -> Result:
        """Do something outside of a request."""
        async with self.database.transaction() as session:
            return await action(Wiring(self, session, origin))


def _make_telemetry(settings: Settings) -> "Telemetry | None":
    """Import the packages of the extra, where a setting asks for them."""
    if not settings.telemetry_is_on:
        return None
    from app.core.telemetry import Telemetry

    return Telemetry(settings)


@dataclass
class Wiring:
    """Makes the services of one transaction, each when it is asked for."""

    shared: Shared
    session: AsyncSession
    origin: Origin

    async def refused_apart[Refusal: AppException](
        self, error: Refusal, action: str, actor: UUID
    ) -> Refusal:
        """Record a refusal where the request itself only reads, and give the error."""
        # Its connection is given back: one request must not wait for a second one.
        await self.session.close()
        await self.shared.in_transaction(
            self.origin, lambda wiring: wiring.audit.refused(error, action, actor=actor)
        )
        return error

    @cached_property
    def users(self) -> UserRepository:
        return UserRepository(self.session)

    @cached_property
    def mail_tokens(self) -> MailTokenRepository:
        return MailTokenRepository(self.session)

    @cached_property
    def jobs(self) -> JobQueueRepository:
        told = self.shared.telemetry
        trace = told.context() if told else {}
        return JobQueueRepository(self.session, asdict(self.origin) | trace)

    @cached_property
    def links(self) -> LinkService:
        shared = self.shared
        return LinkService(
            self.mail_tokens, self.jobs, shared.link_seal, shared.settings
        )

    @cached_property
    def audit(self) -> AuditService:
        return AuditService(AuditRepository(self.session), self.origin)

    @cached_property
    def answers(self) -> IdempotencyRepository:
        expires = timedelta(seconds=self.shared.settings.REQUEST_TIMEOUT)
        return IdempotencyRepository(self.session, expires)

    @cached_property
    def idempotency(self) -> IdempotencyService:
        return IdempotencyService(self.answers, self.shared.request_seal)

    @cached_property
    def limits(self) -> LimitService:
        store = RateLimitRepository(self.shared.database, self.session)
        factor = self.shared.settings.RATE_LIMIT_FACTOR
        return LimitService(store, self.audit, self.origin.address, factor)

    @cached_property
    def tokens(self) -> TokenService:
        return TokenService(
            RefreshTokenRepository(self.session),
            self.users,
            self.shared.signer,
            self.audit,
        )

    @cached_property
    def auth(self) -> AuthService:
        return AuthService(
            self.users,
            self.tokens,
            self.shared.hasher,
            self.limits,
            self.audit,
        )

    @cached_property
    def accounts(self) -> AccountService:
        return AccountService(
            self.users,
            self.links,
            self.jobs,
            self.shared.hasher,
            self.limits,
            self.audit,
        )

    @cached_property
    def passwords(self) -> PasswordService:
        return PasswordService(
            self.users,
            self.links,
            self.tokens,
            self.shared.hasher,
            self.limits,
            self.audit,
        )
