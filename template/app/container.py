"""Composition root: builds the dependencies of services.

The services themselves are built in `*_deps.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import Settings
from app.core.context import RequestContext
from app.core.database import DatabaseManager
from app.core.db.unit_of_work import UnitOfWork, unit_of_work
from app.core.security import PasswordHasher, TokenSigner
from app.domain.models.user import User
from app.domain.roles import Caller
from app.kit.files import Files, FileStore
from app.kit.hooks import Hooks
from app.kit.mail import Mailer, make_mailer
from app.kit.parts import PartSettings
from app.kit.queue.store import JobQueue
from app.kit.renamed import RenamedAttribute
from app.kit.signer import Signer
from app.kit.turns import Turns
from app.repository.audit_repository import AuditRepository
from app.repository.idempotency_repository import IdempotencyRepository
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.rate_limit_repository import RateLimitRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.repository.user_repository import UserRepository
from app.service.audit_service import AuditService
from app.service.cursor_service import CursorService
from app.service.idempotency_service import IdempotencyService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.notice_service import NoticeService
from app.service.token_service import TokenService

# Connections that may count attempts at once.
COUNTING_AT_ONCE = 3


class Container:
    """Dependencies shared by all requests and jobs of an application."""

    def __init__(self, settings: Settings, parts: Sequence[PartSettings] = ()) -> None:
        self.settings = settings
        self.database = DatabaseManager(settings)
        self.hasher = PasswordHasher(settings)
        self.counting = Turns(COUNTING_AT_ONCE, settings.DB_POOL_TIMEOUT)
        self.signer = TokenSigner(settings)
        self.mailer: Mailer = make_mailer(settings)
        self.cursors = CursorService(Signer(settings, "cursor"))
        self.request_signer = Signer(settings, "idempotency")
        self.link_signer = Signer(settings, "link")
        self.hooks = Hooks()
        for part in parts:
            part.join(self.hooks, settings)
        self.files = FileStore(settings.UPLOAD_DIR)

    @property
    def uploads(self) -> Files:
        """The store of pictures: a bucket, or else the directory of `files`."""
        return self.hooks.files[-1] if self.hooks.files else self.files

    def open_scope(
        self,
        context: RequestContext,
        *,
        reads: bool = False,
        database: DatabaseManager | None = None,
    ) -> AbstractAsyncContextManager["RequestScope"]:
        """Open a scope: with a transaction, or without one if it only reads.

        Args:
            context: the client address and the request id.
            reads: whether the scope is read-only.
            database: replaces the application's own.
        """
        database = database or self.database
        opened = database.reading() if reads else database.transaction()
        return unit_of_work(opened, lambda unit: RequestScope(self, unit, context))

    async def in_transaction[Result](
        self,
        context: RequestContext,
        action: Callable[["RequestScope"], Awaitable[Result]],
    ) -> Result:
        """Run an action in its own transaction, outside of a request."""
        async with self.open_scope(context) as scope:
            return await action(scope)

    request_seal = RenamedAttribute[Signer]("request_signer")
    link_seal = RenamedAttribute[Signer]("link_signer")


@dataclass
class RequestScope:
    """Dependencies of services in one unit of work, each built on first use.

    Attributes:
        caller: the signed-in caller, set by the guards.
        user: the caller's row, set where a route takes `CurrentUser`.
        passed: the guards that the caller has passed.
    """

    container: Container
    unit: UnitOfWork
    context: RequestContext
    caller: Caller | None = field(default=None, init=False)
    user: User | None = field(default=None, init=False)
    passed: set[object] = field(default_factory=set, init=False)

    @property
    def session(self) -> AsyncSession:
        return self.unit.session

    @cached_property
    def users(self) -> UserRepository:
        return UserRepository(self.session)

    @cached_property
    def mail_tokens(self) -> MailTokenRepository:
        return MailTokenRepository(self.session)

    @cached_property
    def jobs(self) -> JobQueue:
        headers = {
            "address": self.context.address,
            "request_id": self.context.request_id,
        }
        for make in self.container.hooks.headers:
            headers |= make()
        return JobQueue(self.session, headers)

    @cached_property
    def links(self) -> LinkService:
        container = self.container
        return LinkService(
            self.users,
            self.mail_tokens,
            self.jobs,
            container.link_signer,
            container.settings,
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
        return LimitService(
            RateLimitRepository(self.session),
            self.unit,
            self.audit,
            self.context.address,
            self.container.counting,
            self.container.settings.RATE_LIMIT_FACTOR,
        )

    @cached_property
    def notices(self) -> NoticeService:
        return NoticeService(self.jobs, self.limits)

    @cached_property
    def tokens(self) -> TokenService:
        return TokenService(
            RefreshTokenRepository(self.session),
            self.users,
            self.container.signer,
            self.audit,
        )

    shared = RenamedAttribute[Container]("container")
    origin = RenamedAttribute[RequestContext]("context")
