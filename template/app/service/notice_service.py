"""Mails that notify users of changes to their login."""

from app.domain.jobs.account import SendMail
from app.domain.models.user import User
from app.service.limit_service import LimitService
from app.service.ports import JobStore

NOT_YOU = "Not you? Ask for a link to choose a new password, and contact us.\n"


class NoticeService:
    """The mails that notify users of changes to their login (ASVS 5.0, 6.3.7).

    Each is a job of the transaction that makes the change.
    """

    def __init__(self, jobs: JobStore, limits: LimitService) -> None:
        self._jobs = jobs
        self._limits = limits

    async def password_changed(self, user: User) -> None:
        """Notify a user of a changed password."""
        await self._notify_of_password(user.email, "changed")

    async def password_reset(self, user: User) -> None:
        """Notify a user of a password that was reset with a link."""
        await self._notify_of_password(user.email, "reset with a link from a mail")

    async def email_changed(self, old: str, new: str) -> None:
        """Notify the old address of a user of the new one."""
        text = f"Your account now uses {new}. Not you? Contact us.\n"
        await self._send(old, "Your e-mail address was changed", text)

    async def _notify_of_password(self, email: str, change: str) -> None:
        # Limited: an unverified address may belong to another person.
        if await self._limits.allows_notice(email):
            text = f"The password of your account was {change}. {NOT_YOU}"
            await self._send(email, "Your password was changed", text)

    async def _send(self, to: str, subject: str, text: str) -> None:
        await self._jobs.add(SendMail(to=to, subject=subject, text=text))
