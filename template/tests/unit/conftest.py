"""Fixtures of unit tests: services on fakes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core.config import Settings
from app.core.context import RequestContext
from app.core.exceptions import AppException
from app.core.security import PasswordHasher, TokenSigner
from app.domain.jobs.account import (
    ForgotPassword,
    ResendVerification,
    SendLink,
    SendMail,
)
from app.domain.purposes import Purpose
from app.kit.mail import Mail
from app.kit.queue.job import Job
from app.kit.signer import Signer
from app.kit.turns import Turns
from app.service.account_service import AccountService
from app.service.audit_service import AuditService
from app.service.auth_service import AuthService
from app.service.cursor_service import CursorService
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.notice_service import NoticeService
from app.service.password_service import PasswordService
from app.service.token_service import TokenService
from app.service.user_service import UserService
from tests.fakes.audit_repository import FakeAuditRepository
from tests.fakes.job_queue import FakeJobQueue
from tests.fakes.mail_token_repository import FakeMailTokenRepository
from tests.fakes.rate_limit_repository import FakeRateLimitRepository
from tests.fakes.refresh_token_repository import FakeRefreshTokenRepository
from tests.fakes.unit_of_work import FakeUnitOfWork
from tests.fakes.user_repository import FakeUserRepository


class Fakes:
    """The services of one client, on in-memory repositories."""

    def __init__(self, settings: Settings, hasher: PasswordHasher) -> None:
        self.hasher = hasher
        self.users = FakeUserRepository()
        self.mail_tokens = FakeMailTokenRepository()
        self.record = FakeAuditRepository()
        self.counters = FakeRateLimitRepository()
        self.mails: list[Mail] = []
        self.jobs = FakeJobQueue(self._do)
        self.unit = FakeUnitOfWork()
        self.links = LinkService(
            self.users, self.mail_tokens, self.jobs, Signer(settings, "link"), settings
        )
        self.audit = AuditService(self.record, RequestContext("192.0.2.1", "request"))
        self.limits = self.limits_of("192.0.2.1")
        self.notices = NoticeService(self.jobs, self.limits)
        self.signer = TokenSigner(settings)
        self.refresh_tokens = FakeRefreshTokenRepository()
        self.tokens = self.tokens_of(settings)
        self.auth = AuthService(
            self.users, self.unit, self.tokens, hasher, self.limits, self.audit
        )
        self.cursors = CursorService(Signer(settings, "cursor"))
        self.administration = UserService(
            self.users,
            self.unit,
            hasher,
            self.tokens,
            self.audit,
            self.cursors,
            self.links,
        )
        self.passwords = PasswordService(
            self.users,
            self.unit,
            self.links,
            self.notices,
            self.tokens,
            hasher,
            self.limits,
            self.audit,
        )
        self.accounts = AccountService(
            self.users,
            self.unit,
            self.links,
            self.notices,
            hasher,
            self.limits,
            self.audit,
        )

    def limits_of(self, address: str, factor: int = 1) -> LimitService:
        """Return the rate limits of a client at this address."""
        turns = Turns(1, seconds=60)
        return LimitService(
            self.counters, self.unit, self.audit, address, turns, factor
        )

    def tokens_of(self, settings: Settings) -> TokenService:
        """Return the tokens of a machine with these settings."""
        return TokenService(
            self.refresh_tokens, self.users, TokenSigner(settings), self.audit
        )

    @asynccontextmanager
    async def refusing[Error: AppException](
        self, *kinds: type[Error], match: str | None = None
    ) -> AsyncIterator[pytest.ExceptionInfo[Error]]:
        """Expect an error and run its remembered actions, as the unit of work does."""
        with pytest.raises(kinds, match=match) as refused:
            yield refused
        for action in refused.value.remembered:
            await action()

    async def _do(self, job: Job) -> None:
        if isinstance(job, ForgotPassword):
            await self.links.send_to(job.email, Purpose.RESET)
        if isinstance(job, ResendVerification):
            await self.links.send_to(job.email, Purpose.VERIFY)
        if isinstance(job, SendLink):
            mail = await self.links.write(job.token_hash, job.seed)
            assert mail
            self.mails.append(mail)
        if isinstance(job, SendMail):
            self.mails.append(Mail(job.to, job.subject, job.text))

    def mailed_token(self) -> str:
        """Return the token of the latest mail that has one."""
        [*_, text] = [mail.text for mail in self.mails if "#token=" in mail.text]
        return text.partition("#token=")[2].split()[0]


@pytest.fixture
def fakes(settings: Settings, hasher: PasswordHasher) -> Fakes:
    return Fakes(settings, hasher)
