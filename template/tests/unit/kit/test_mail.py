"""Mail to the log and to a real server on loopback."""

import socket
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app.core.config import Settings
from app.core.logging import setup_logging
from app.kit.mail import LogMailer, Mail, MailNotSentError, SmtpMailer, make_mailer
from tests.conftest import MakeSettings

MAIL = Mail("ada@example.com", "Grüße", "Open this:\n\nhttps://example.com/#token=1\n")


class Server:
    """An SMTP handler that keeps each envelope."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append(envelope)
        return "250 OK"


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        server, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True
    )
    controller.start()
    yield port
    controller.stop()


async def test_mail_is_sent_to_an_smtp_server(
    make_settings: MakeSettings, server: Server, port: int
) -> None:
    settings = make_settings(
        SMTP_HOST="127.0.0.1", SMTP_PORT=port, SMTP_TLS="off", MAIL_FROM="a@example.com"
    )
    await make_mailer(settings).send(MAIL)
    [envelope] = server.received
    assert (envelope.mail_from, envelope.rcpt_tos) == ("a@example.com", [MAIL.to])
    message = message_from_bytes(envelope.content)
    text = message.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().replace("\r\n", "\n") == MAIL.text


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("ada@b\u00fccher.de", "ada@xn--bcher-kva.de"),
        ("zo\u00e9@b\u00fccher.de", "zo\u00e9@xn--bcher-kva.de"),
    ],
)
async def test_envelope_and_header_have_ascii_domains(
    make_settings: MakeSettings, server: Server, port: int, to: str, expected: str
) -> None:
    sender = "B\u00fccher <shop@b\u00fccher.de>"
    settings = make_settings(
        SMTP_HOST="127.0.0.1", SMTP_PORT=port, SMTP_TLS="off", MAIL_FROM=sender
    )
    await SmtpMailer(settings).send(Mail(to, "Hello", "Hello"))
    [envelope] = server.received
    assert envelope.mail_from == "shop@xn--bcher-kva.de"
    assert envelope.rcpt_tos == [expected]
    assert f"\r\nTo: {expected}\r\n".encode() in envelope.content
    assert b"<shop@xn--bcher-kva.de>\r\n" in envelope.content


async def test_the_error_of_an_unreachable_server_has_no_mail_content(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(SMTP_HOST="127.0.0.1", SMTP_PORT=1)
    with pytest.raises(MailNotSentError, match=r"^SMTPConnectError$") as error:
        await SmtpMailer(settings).send(MAIL)
    assert error.value.__suppress_context__


async def test_without_a_server_mail_is_logged(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(settings)
    mailer = make_mailer(settings)
    assert isinstance(mailer, LogMailer)
    await mailer.send(MAIL)
    assert "token=1" in capsys.readouterr().out
