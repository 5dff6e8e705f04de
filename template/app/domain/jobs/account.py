"""Account jobs: mails and removed pictures."""

from app.kit.queue.job import Job


class SendMail(Job):
    """A mail to send, without secrets."""

    name = "send-mail"

    to: str
    subject: str
    text: str


class SendLink(Job):
    """A mail to send with a link whose token derives from this seed."""

    name = "send-link"

    token_hash: str
    seed: str


class ForgotPassword(Job):
    """A request for a link to reset a password; the handler looks the user up."""

    name = "forgot-password"

    email: str


class ResendVerification(Job):
    """A request for another verification link; the handler looks the user up."""

    name = "resend-verification"

    email: str


class RemovePicture(Job):
    """The removal of a replaced picture's file."""

    name = "remove-picture"

    picture: str
