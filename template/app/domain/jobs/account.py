"""Jobs of accounts: mails, and files that go."""

from app.kit.queue.job import Job


class SendMail(Job):
    """Send a mail that holds no secret."""

    name = "send-mail"

    to: str
    subject: str
    text: str


class SendLink(Job):
    """Send the mail with a link whose token comes of this seed."""

    name = "send-link"

    token_hash: str
    seed: str


class ForgotPassword(Job):
    """Find out who has forgotten a password, and send the link."""

    name = "forgot-password"

    email: str


class ResendVerification(Job):
    """Find out whose address is to be verified, and send another link."""

    name = "resend-verification"

    email: str


class RemovePicture(Job):
    """Remove the file of a picture that was replaced."""

    name = "remove-picture"

    picture: str
