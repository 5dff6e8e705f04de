"""Sending mail: to the log while developing, by SMTP in production."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from aiosmtplib import SMTPException, send
from loguru import logger

from app.core.config import Settings


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text."""

    to: str
    subject: str
    text: str


class MailNotSentError(Exception):
    """The server is away, or does not take the mail; it tells how, and no more."""


class Mailer(Protocol):
    """What sends mail."""

    async def send(self, mail: Mail) -> None: ...


class LogMailer:
    """Writes mail to the log, links and all: for development."""

    async def send(self, mail: Mail) -> None:
        """Write the mail."""
        logger.info("Mail to {}: {}\n{}", mail.to, mail.subject, mail.text)


class SmtpMailer:
    """Sends mail through the server that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, mail: Mail) -> None:
        """Send the mail.

        Raises:
            MailNotSentError: it was not taken.
        """
        settings = self._settings
        message = EmailMessage()
        message["From"] = settings.MAIL_FROM
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message.set_content(mail.text)
        password = settings.SMTP_PASSWORD
        try:
            await send(
                message,
                hostname=settings.SMTP_HOST,
                port=settings.SMTP_PORT,
                username=settings.SMTP_USER,
                password=password.get_secret_value() if password else None,
                use_tls=settings.SMTP_TLS == "tls",
                start_tls=settings.SMTP_TLS == "starttls",
                timeout=30,
            )
        except (OSError, SMTPException) as error:
            # What it says may name the person.
            raise MailNotSentError(type(error).__name__) from None


def make_mailer(settings: Settings) -> Mailer:
    """Choose the way of the settings."""
    return SmtpMailer(settings) if settings.SMTP_HOST else LogMailer()
