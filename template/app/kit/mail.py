"""Mail: to the log in development, by SMTP in production."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from aiosmtplib import SMTPException, send
from loguru import logger

from app.core.config import Settings
from app.utils.emails import with_ascii_domain


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text."""

    to: str
    subject: str
    text: str


class MailNotSentError(Exception):
    """Failure to send mail; holds only the type of the error."""


class Mailer(Protocol):
    """Interface of mailers."""

    async def send(self, mail: Mail) -> None: ...


class LogMailer:
    """Mailer for development: writes mail to the log, with its links."""

    async def send(self, mail: Mail) -> None:
        """Log the mail."""
        logger.info("Mail to {}: {}\n{}", mail.to, mail.subject, mail.text)


class SmtpMailer:
    """Mailer for the SMTP server of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, mail: Mail) -> None:
        """Send the mail.

        Raises:
            MailNotSentError: the server is unreachable, or rejected the mail.
        """
        settings = self._settings
        message = EmailMessage()
        message["From"] = with_ascii_domain(settings.MAIL_FROM)
        message["To"] = with_ascii_domain(mail.to)
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
            # The server's reply may name the recipient.
            raise MailNotSentError(type(error).__name__) from None


def make_mailer(settings: Settings) -> Mailer:
    """Return the mailer that the settings ask for."""
    return SmtpMailer(settings) if settings.SMTP_HOST else LogMailer()
