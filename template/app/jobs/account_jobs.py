"""Handlers of account jobs: mails and removed pictures."""

from app.container import Container
from app.core.context import RequestContext
from app.domain.jobs.account import (
    ForgotPassword,
    RemovePicture,
    ResendVerification,
    SendLink,
    SendMail,
)
from app.domain.purposes import Purpose
from app.jobs.registry import JobRouter
from app.kit.mail import Mail

router = JobRouter()


@router.handler(SendMail)
async def send_mail(
    job: SendMail, container: Container, context: RequestContext
) -> None:
    """Send a mail; if the worker dies at this moment, it is sent twice."""
    await container.mailer.send(Mail(job.to, job.subject, job.text))


@router.handler(SendLink)
async def send_link(
    job: SendLink, container: Container, context: RequestContext
) -> None:
    """Mail a link, unless it is expired or revoked. Each retry sends the same link."""
    mail = await container.in_transaction(
        context, lambda scope: scope.links.write(job.token_hash, job.seed)
    )
    if mail is not None:
        await container.mailer.send(mail)


@router.handler(ForgotPassword)
async def forgot_password(
    job: ForgotPassword, container: Container, context: RequestContext
) -> None:
    """Look the user up here: response times must not reveal accounts."""
    await container.in_transaction(
        context, lambda scope: scope.links.send_to(job.email, Purpose.RESET)
    )


@router.handler(ResendVerification)
async def resend_verification(
    job: ResendVerification, container: Container, context: RequestContext
) -> None:
    """Look the user up here: response times must not reveal accounts."""
    await container.in_transaction(
        context, lambda scope: scope.links.send_to(job.email, Purpose.VERIFY)
    )


@router.handler(RemovePicture)
async def remove_picture(
    job: RemovePicture, container: Container, context: RequestContext
) -> None:
    """Remove a picture's file, if it exists."""
    await container.uploads.remove(job.picture)
