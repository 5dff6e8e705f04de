"""Log lines: no personal data and no secrets."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.api.deps import SessionDep
from app.api.openapi import PUBLIC
from app.core.config import Settings
from app.domain.models.user import User
from app.kit.mail import Mail
from app.main import create_app
from tests.integration.conftest import running
from tests.people import ADA, ROW

pytestmark = pytest.mark.integration
AUTH = "/api/v1/auth"
EMAIL = "lovelace@example.com"
PASSWORD = "an engine that weaves"
NEW = "a pattern of algebra"
NAME = "Augusta\nByron"


class Mailbox:
    """A mailer that keeps each mail: the one for development logs it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    def tokens(self) -> list[str]:
        texts = [mail.text for mail in self.mails if "#token=" in mail.text]
        return [text.partition("#token=")[2].split()[0] for text in texts]


@pytest.mark.parametrize("log_format", ["json", "text"])
async def test_no_personal_data_and_no_secret_is_logged(
    fresh_database: Settings, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    values = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": log_format}
    app = create_app(fresh_database.model_copy(update=values))
    words = await live_in(app)
    logged = capsys.readouterr().out
    assert "POST /fails 500" in logged
    assert "UniqueViolationError" in logged
    assert "The above exception was the direct cause" in logged
    assert [word for word in words if word in logged] == []


async def live_in(app: FastAPI) -> list[str]:
    """Use the application as people do and return the private words."""
    app.state.container.mailer = mailbox = Mailbox()
    _add_failing_route(app)
    async with running(app) as client:
        tokens = await _live(client, mailbox)
    return [EMAIL, "lovelace", PASSWORD, NEW, *NAME.split(), *tokens]


async def _live(client: AsyncClient, mailbox: Mailbox) -> list[str]:
    """Send valid and invalid requests and return the received tokens."""
    ada = ADA | {"email": EMAIL, "password": PASSWORD}
    ada |= {"full_name": NAME.replace("\n", " ")}
    codes = [
        (await client.post(f"{AUTH}/register", json=person)).status_code
        for person in (ada, ada, ada | {"password": NAME[:7]})
    ]
    assert codes == [201, 409, 422]
    wrong = {"username": EMAIL, "password": f"{PASSWORD}!"}
    assert (await client.post(f"{AUTH}/login", data=wrong)).status_code == 401
    asked = await client.post(f"{AUTH}/forgot-password", json={"email": EMAIL})
    assert asked.status_code == 202
    reset = {"token": mailbox.tokens()[-1], "new_password": NEW}
    assert (await client.post(f"{AUTH}/reset-password", json=reset)).status_code == 200
    right = {"username": EMAIL, "password": NEW}
    pair = (await client.post(f"{AUTH}/login", data=right)).json()
    assert (await client.post("/fails")).status_code == 500
    return [pair["access_token"], pair["refresh_token"], *mailbox.tokens()]


def _add_failing_route(app: FastAPI) -> None:
    """Add a route that fails with a database error that quotes the row."""
    row = {"email": EMAIL, "full_name": NAME, "password_hash": NEW}

    @app.post("/fails", openapi_extra=PUBLIC)
    async def fails(session: SessionDep) -> None:
        session.add(User(**ROW | row))
        try:
            await session.flush()
        except Exception as error:
            raise RuntimeError("Not stored") from error
