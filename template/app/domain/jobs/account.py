"""Account jobs: mails and removed pictures."""

from app.kit.queue.job import Job


class MailJob(Job):
    """Base class of jobs that send a mail, for which a user may wait."""

    priority = 10


class SendMail(MailJob):
    """A mail to send, without secrets."""

    name = "send-mail"

    to: str
    subject: str
    text: str


class SendLink(MailJob):
    """A mail to send with a link whose token derives from this seed."""

    name = "send-link"

    token_hash: str
    seed: str


class ForgotPassword(MailJob):
    """A request for a link to reset a password; the handler looks the user up."""

    name = "forgot-password"

    email: str


class ResendVerification(MailJob):
    """A request for another verification link; the handler looks the user up."""

    name = "resend-verification"

    email: str


class RemovePicture(Job):
    """The removal of a replaced picture's file."""

    name = "remove-picture"

    picture: str
