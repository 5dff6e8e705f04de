"""Accounts over HTTP: registration, mail, rate limits and the audit log."""

import asyncio
from collections import Counter
from unicodedata import normalize

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select

from app.core.database import DatabaseManager
from app.domain.models.audit_event import AuditEvent
from app.domain.models.user import User
from app.domain.roles import Role
from app.kit.mail import Mail
from app.main import create_app
from app.repository.audit_repository import AuditRepository
from tests.conftest import PASSWORD, Headers, MakeSettings, MakeUser, SignIn
from tests.integration.conftest import store
from tests.people import ADA

pytestmark = pytest.mark.integration
AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
NEW = "a new password, long enough"
NIKOS = "\u039d\u0399\u039a\u039f\u03a3@example.org"


class Mailbox:
    """A mailer that keeps each mail."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    def token(self) -> str:
        """Return the token of the latest mail."""
        return self.mails[-1].text.partition("#token=")[2].split()[0]


@pytest.fixture
def mailbox(app: FastAPI) -> Mailbox:
    app.state.container.mailer = mailbox = Mailbox()
    return mailbox


async def test_an_account_from_registration_to_deletion(
    client: AsyncClient, mailbox: Mailbox
) -> None:
    registered = await client.post(f"{AUTH}/register", json=ADA)
    assert (registered.status_code, registered.json()["role"]) == (201, "user")
    verified = await client.post(
        f"{AUTH}/verify-email", json={"token": mailbox.token()}
    )
    assert verified.status_code == 200
    me = _bearer(await _login(client, PASSWORD))
    assert (await client.get(ME, headers=me)).json()["email_verified_at"]
    renamed = await client.patch(ME, json={"full_name": "Ada L."}, headers=me)
    assert renamed.json()["full_name"] == "Ada L."
    assert (await client.delete(ME, headers=me)).status_code == 200
    assert (await client.get(ME, headers=me)).status_code == 401


async def test_a_forgotten_password_is_reset(
    client: AsyncClient, mailbox: Mailbox
) -> None:
    await client.post(f"{AUTH}/register", json=ADA)
    asked = await client.post(f"{AUTH}/forgot-password", json={"email": ADA["email"]})
    assert asked.status_code == 202
    reset = {"token": mailbox.token(), "new_password": NEW}
    assert (await client.post(f"{AUTH}/reset-password", json=reset)).status_code == 200
    assert mailbox.mails[-1].to == ADA["email"]
    assert mailbox.mails[-1].subject == "Your password was changed"
    assert await _login(client, NEW)


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("Ada@Example.ORG", "Ada@example.org"),
        (normalize("NFD", "zo\u00e9@example.org"), "zo\u00e9@example.org"),
        ("x@xn--bcher-kva.de", "x@b\u00fccher.de"),
        (NIKOS, NIKOS),
        ("\u0130pek@example.org", "\u0130pek@example.org"),
        ("stra\u1e9ee@example.org", "stra\u1e9ee@example.org"),
    ],
)
async def test_a_registered_email_is_known_as_typed_and_mailed_as_given(
    client: AsyncClient, mailbox: Mailbox, typed: str, mailed: str
) -> None:
    person = ADA | {"email": typed}
    assert (await client.post(f"{AUTH}/register", json=person)).status_code == 201
    assert (await client.post(f"{AUTH}/register", json=person)).status_code == 409
    for email in (typed, typed.lower()):
        form = {"username": email, "password": PASSWORD}
        assert (await client.post(f"{AUTH}/login", data=form)).status_code == 200
        await client.post(f"{AUTH}/forgot-password", json={"email": email})
    assert [mail.to for mail in mailbox.mails] == [mailed] * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zo\u00e9@example.org", normalize("NFD", "zo\u00e9@example.org")),
        ("x@b\u00fccher.de", "x@xn--bcher-kva.de"),
        (NIKOS.lower(), NIKOS),
    ],
)
async def test_accounts_that_share_an_email_each_get_their_own_mail(
    client: AsyncClient,
    database: DatabaseManager,
    make_user: MakeUser,
    mailbox: Mailbox,
    one: str,
    other: str,
) -> None:
    await store(database, make_user(email=one))
    await store(database, make_user(email=other, canonical_email=other))
    for email in (one, other):
        for path in ("forgot-password", "resend-verification"):
            await client.post(f"{AUTH}/{path}", json={"email": email})
            assert mailbox.mails[-1].to == email
        verified = await client.post(
            f"{AUTH}/verify-email", json={"token": mailbox.token()}
        )
        assert verified.status_code == 200
        form = {"username": email, "password": PASSWORD}
        tokens = (await client.post(f"{AUTH}/login", data=form)).json()
        me = (await client.get(ME, headers=_bearer(tokens))).json()
        assert me["email"] == email
        assert me["email_verified_at"]


async def test_links_use_the_public_url_regardless_of_request_headers(
    client: AsyncClient, mailbox: Mailbox
) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    await client.post(f"{AUTH}/register", json=ADA, headers=headers)
    assert "http://localhost:3000/verify-email#token=" in mailbox.mails[0].text
    assert "evil" not in mailbox.mails[0].text


async def test_logout_and_password_change_revoke_tokens(client: AsyncClient) -> None:
    await client.post(f"{AUTH}/register", json=ADA)
    phone, laptop = [await _login(client, PASSWORD) for _ in range(2)]
    refresh = {"refresh_token": phone["refresh_token"]}
    assert (await client.post(f"{AUTH}/logout", json=refresh)).status_code == 200
    assert (await client.post(f"{AUTH}/refresh", json=refresh)).status_code == 401
    change = {"old_password": PASSWORD, "new_password": NEW}
    changed = await client.post(
        f"{AUTH}/change-password", json=change, headers=_bearer(laptop)
    )
    assert (await client.get(ME, headers=_bearer(laptop))).status_code == 401
    now = _bearer(changed.json())
    assert (await client.get(ME, headers=now)).status_code == 200
    assert (await client.post(f"{AUTH}/logout-all", headers=now)).status_code == 200
    assert (await client.get(ME, headers=now)).status_code == 401


@pytest.mark.parametrize("path", ["forgot-password", "resend-verification"])
async def test_an_unknown_email_gets_the_same_response_and_no_mail(
    client: AsyncClient, mailbox: Mailbox, path: str
) -> None:
    await client.post(f"{AUTH}/register", json=ADA)
    responses = [
        await client.post(f"{AUTH}/{path}", json={"email": email})
        for email in ("ada@example.com", "nobody@example.com")
    ]
    assert responses[0].status_code == responses[1].status_code == 202
    assert responses[0].json() == responses[1].json()
    assert [mail.to for mail in mailbox.mails] == ["ada@example.com"] * 2


async def test_mail_is_rate_limited_per_account(client: AsyncClient) -> None:
    codes = [
        (
            await client.post(
                f"{AUTH}/forgot-password", json={"email": "nobody@example.com"}
            )
        ).status_code
        for _ in range(4)
    ]
    assert codes == [202, 202, 202, 429]


@pytest.mark.parametrize("change", [{"role": "admin"}, {"is_active": True}])
async def test_registration_refuses_a_role_or_status(
    client: AsyncClient, change: dict[str, object]
) -> None:
    assert (await client.post(f"{AUTH}/register", json=ADA | change)).status_code == 422


async def test_disabled_registration_has_no_route(
    make_settings: MakeSettings,
) -> None:
    app = create_app(make_settings(REGISTRATION_ENABLED=False))
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post(f"{AUTH}/register", json=ADA)
    assert response.status_code == 404
    assert f"{AUTH}/register" not in app.openapi()["paths"]


async def test_attempts_and_audit_events_survive_a_refused_login(
    fresh_client: AsyncClient, elsewhere: DatabaseManager, make_user: MakeUser
) -> None:
    await store(elsewhere, make_user(email="ada@example.com"))
    codes = []
    for _ in range(6):
        form = {"username": "ada@example.com", "password": "wrong"}
        response = await fresh_client.post(f"{AUTH}/login", data=form)
        codes.append(response.status_code)
    assert codes == [401] * 5 + [429]
    assert int(response.headers["Retry-After"]) > 0
    async with elsewhere.transaction() as session:
        events = (await session.scalars(select(AuditEvent))).all()
    assert {(event.action, event.refused) for event in events} == {("login", True)}
    assert sum(event.count for event in events) == 6


async def test_concurrent_demotions_leave_one_admin(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
) -> None:
    one, two = [await store(elsewhere, make_user(role=Role.ADMIN)) for _ in range(2)]
    responses = await asyncio.gather(
        *(
            fresh_client.patch(
                f"/api/v1/users/{other.id}",
                json={"role": "user"},
                headers=sign_in(admin),
            )
            for admin, other in ((one, two), (two, one))
        )
    )
    assert Counter(a.status_code for a in responses)[200] == 1
    async with elsewhere.transaction() as session:
        admins = await session.scalars(select(User).where(User.role == Role.ADMIN))
        assert len(admins.all()) == 1


@pytest.mark.parametrize("callers", [20, 200])
async def test_one_of_concurrent_registrations_succeeds(
    fresh_app: FastAPI, callers: int
) -> None:
    # Unlike fresh_client, this one does not look for jobs after each response.
    transport = ASGITransport(app=fresh_app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        responses = await asyncio.gather(
            *(client.post(f"{AUTH}/register", json=ADA) for _ in range(callers))
        )
    codes = Counter(response.status_code for response in responses)
    assert codes[201] == 1
    assert codes[201] + codes[409] + codes[429] == callers


async def test_concurrent_refusals_of_a_caller_are_counted_in_one_row(
    fresh_client: AsyncClient,
    elsewhere: DatabaseManager,
    make_user: MakeUser,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.service.audit_service.time", lambda: 0.0)
    users = [await store(elsewhere, make_user()) for _ in range(2)]
    responses = await asyncio.gather(
        *(
            fresh_client.get("/api/v1/users", headers=sign_in(user))
            for user in [users[0], *users * 10]
        )
    )
    assert {response.status_code for response in responses} == {403}
    async with elsewhere.reading() as session:
        events = (await session.scalars(select(AuditEvent))).all()
    assert {event.actor_id: event.count for event in events} == {
        users[0].id: 11,
        users[1].id: 10,
    }
    assert all(event.last_at and event.last_at >= event.created_at for event in events)


async def test_a_repetition_is_not_dated_before_the_first_refusal(
    elsewhere: DatabaseManager,
) -> None:
    def refusal() -> AuditEvent:
        return AuditEvent(
            action="role",
            refused=True,
            fields=[],
            address="192.0.2.1",
            request_id="abc",
            repeat_key="the same",
        )

    async with elsewhere.transaction() as earlier:
        await earlier.execute(select(func.now()))
        async with elsewhere.transaction() as later:
            await AuditRepository(later).add(refusal())
        await AuditRepository(earlier).add(refusal())
    async with elsewhere.reading() as session:
        [event] = (await session.scalars(select(AuditEvent))).all()
    assert event.last_at
    assert event.last_at > event.created_at


async def test_a_refused_role_is_recorded(
    client: AsyncClient, database: DatabaseManager, user: User, sign_in: SignIn
) -> None:
    headers = sign_in(user) | {"X-Request-ID": "abc"}
    assert (await client.get("/api/v1/users", headers=headers)).status_code == 403
    async with database.transaction() as session:
        [event] = (await session.scalars(select(AuditEvent))).all()
    assert (event.action, event.refused, event.actor_id) == ("role", True, user.id)
    assert event.request_id == "abc"


async def _login(client: AsyncClient, password: str) -> dict[str, str]:
    form = {"username": "ada@example.com", "password": password}
    tokens: dict[str, str] = (await client.post(f"{AUTH}/login", data=form)).json()
    return tokens


def _bearer(tokens: dict[str, str]) -> Headers:
    return {"Authorization": f"Bearer {tokens['access_token']}"}
