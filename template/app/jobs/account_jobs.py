"""What accounts have done after the answer: mails, and files that go."""

from app.api.wiring import Shared
from app.core.mail import Mail
from app.domain.jobs.account import (
    ForgotPassword,
    RemovePicture,
    ResendVerification,
    SendLink,
    SendMail,
)
from app.jobs.registry import JobRouter
from app.service.audit_service import Origin

router = JobRouter()


@router.does(SendMail)
async def send_mail(job: SendMail, shared: Shared, origin: Origin) -> None:
    """Send it. Where a worker dies at this moment, it is sent twice."""
    await shared.mailer.send(Mail(job.to, job.subject, job.text))


@router.does(SendLink)
async def send_link(job: SendLink, shared: Shared, origin: Origin) -> None:
    """Send the mail, unless the link is no longer good. It is the same at each try."""
    mail = await shared.in_transaction(
        origin, lambda wiring: wiring.links.write(job.token_hash, job.seed)
    )
    if mail is not None:
        await shared.mailer.send(mail)


@router.does(ForgotPassword)
async def forgot_password(job: ForgotPassword, shared: Shared, origin: Origin) -> None:
    """Look for the user here: the time of the answer tells nothing."""
    await shared.in_transaction(
        origin, lambda wiring: wiring.passwords.forgot(job.email)
    )


@router.does(ResendVerification)
async def resend_verification(
    job: ResendVerification, shared: Shared, origin: Origin
) -> None:
    """Look for the user here: the time of the answer tells nothing."""
    await shared.in_transaction(
        origin, lambda wiring: wiring.accounts.resend(job.email)
    )


@router.does(RemovePicture)
async def remove_picture(job: RemovePicture, shared: Shared, origin: Origin) -> None:
    """Remove it, if it is there."""
    await shared.files.remove(job.picture)
