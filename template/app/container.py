"""Composition root: builds the services of one request or job.

A slice builds its own service in its `*_deps.py`; accounts are used by all.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.exceptions import AppException
from app.core.security import PasswordHasher, TokenSigner
from app.kit.files import FileStore
from app.kit.hooks import Hooks
from app.kit.mail import Mailer, make_mailer
from app.kit.parts import PartSettings
from app.kit.queue.store import JobQueue
from app.kit.renamed import RenamedAttribute
from app.kit.signer import Signer
from app.repository.audit_repository import AuditRepository
from app.repository.idempotency_repository import IdempotencyRepository
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.repository.user_repository import UserRepository
from app.service.account_service import AccountService
from app.service.audit_service import AuditService
from app.service.auth_service import AuthService
from app.service.cursor_service import CursorService
from app.service.idempotency_service import IdempotencyService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.password_service import PasswordService
from app.service.token_service import TokenService


class Container:
    """The parts of an application, shared by all its requests and jobs."""

    def __init__(self, settings: Settings, parts: Sequence[PartSettings] = ()) -> None:
        self.settings = settings
        self.database = DatabaseManager(settings)
        self.hasher = PasswordHasher(settings)
        self.signer = TokenSigner(settings)
        self.mailer: Mailer = make_mailer(settings)
        self.files = FileStore(settings.UPLOAD_DIR)
        self.cursors = CursorService(Signer(settings, "cursor"))
        self.request_signer = Signer(settings, "idempotency")
        self.link_signer = Signer(settings, "link")
        self.hooks = Hooks()
        for part in parts:
            part.join(self.hooks, settings)

    async def in_transaction[Result](
        self,
        context: RequestContext,
        action: Callable[["RequestScope"], Awaitable[Result]],
    ) -> Result:
        """Run an action in a transaction of its own, outside of a request."""
        async with self.database.transaction() as session:
            return await action(RequestScope(self, session, context))

    request_seal = RenamedAttribute[Signer]("request_signer")
    link_seal = RenamedAttribute[Signer]("link_signer")


@dataclass
class RequestScope:
    """Builds the services of one transaction, each on first use."""

    container: Container
    session: AsyncSession
    context: RequestContext

    async def refused_apart[Refusal: AppException](
        self, error: Refusal, action: str, actor: UUID
    ) -> Refusal:
        """Record a refusal where the request itself only reads, and give the error."""
        # Its connection is given back: one request must not wait for a second one.
        await self.session.close()
        await self.container.in_transaction(
            self.context, lambda scope: scope.audit.refused(error, action, actor=actor)
        )
        return error

    @cached_property
    def users(self) -> UserRepository:
        return UserRepository(self.session)

    @cached_property
    def mail_tokens(self) -> MailTokenRepository:
        return MailTokenRepository(self.session)

    @cached_property
    def jobs(self) -> JobQueue:
        headers = asdict(self.context)
        for make in self.container.hooks.headers:
            headers |= make()
        return JobQueue(self.session, headers)

    @cached_property
    def links(self) -> LinkService:
        container = self.container
        return LinkService(
            self.mail_tokens, self.jobs, container.link_signer, container.settings
        )

    @cached_property
    def audit(self) -> AuditService:
        return AuditService(AuditRepository(self.session), self.context)

    @cached_property
    def answers(self) -> IdempotencyRepository:
        expires = timedelta(seconds=self.container.settings.REQUEST_TIMEOUT)
        return IdempotencyRepository(self.session, expires)

    @cached_property
    def idempotency(self) -> IdempotencyService:
        return IdempotencyService(self.answers, self.container.request_signer)

    @cached_property
    def limits(self) -> LimitService:
        store = RateLimitRepository(self.container.database, self.session)
        factor = self.container.settings.RATE_LIMIT_FACTOR
        return LimitService(store, self.audit, self.context.address, factor)

    @cached_property
    def tokens(self) -> TokenService:
        return TokenService(
            RefreshTokenRepository(self.session),
            self.users,
            self.container.signer,
            self.audit,
        )

    @cached_property
    def auth(self) -> AuthService:
        return AuthService(
            self.users,
            self.tokens,
            self.container.hasher,
            self.limits,
            self.audit,
        )

    @cached_property
    def accounts(self) -> AccountService:
        return AccountService(
            self.users,
            self.links,
            self.jobs,
            self.container.hasher,
            self.limits,
            self.audit,
        )

    @cached_property
    def passwords(self) -> PasswordService:
        return PasswordService(
            self.users,
            self.links,
            self.tokens,
            self.container.hasher,
            self.limits,
            self.audit,
        )

    shared = RenamedAttribute[Container]("container")
    origin = RenamedAttribute[RequestContext]("context")
