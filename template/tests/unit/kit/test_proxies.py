"""Requests that pass a proxy: client address, scheme and path."""

import pytest
from fastapi import FastAPI, Request
from httpx import ASGITransport, AsyncClient, Response

from app.main import create_app
from tests.conftest import MakeSettings

CLIENT = "192.0.2.9"


def listening(app: FastAPI) -> FastAPI:
    """Add a route that returns what the application knows of a request."""

    @app.get("/who")
    async def who(request: Request) -> list[str]:
        return [request.client.host if request.client else "", request.url.scheme]

    return app


@pytest.fixture(scope="module")
def behind_proxies(make_settings: MakeSettings) -> FastAPI:
    """Return an application with trusted proxies, built once."""
    settings = make_settings(TRUSTED_PROXIES="10.0.0.0/8, 2001:db8::1")
    return listening(create_app(settings))


@pytest.fixture(scope="module")
def behind_a_local_proxy(make_settings: MakeSettings) -> FastAPI:
    """Return an application with the default settings, built once."""
    return listening(create_app(make_settings()))


async def ask(
    app: FastAPI, path: str, peer: str = "127.0.0.1", **headers: str
) -> Response:
    transport = ASGITransport(app=app, client=(peer, 1))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=named)


@pytest.mark.parametrize(
    ("peer", "entries", "seen"),
    [
        ("10.1.2.3", f"6.6.6.6, {CLIENT}", CLIENT),
        ("10.1.2.3", f"6.6.6.6, {CLIENT}, 10.4.5.6", CLIENT),
        ("10.1.2.3", f"{CLIENT}:5555", CLIENT),
        ("10.1.2.3", f"::ffff:{CLIENT}", CLIENT),
        ("10.1.2.3", "10.4.5.6, 10.7.8.9", "10.4.5.6"),
        ("10.1.2.3", f"{CLIENT}, _hidden", "unknown"),
        ("10.1.2.3", " , ", "10.1.2.3"),
        ("::ffff:10.1.2.3", CLIENT, CLIENT),
        ("2001:db8::1", "2001:db8:0::2", "2001:db8::2"),
        ("127.0.0.1", CLIENT, "127.0.0.1"),
        ("", CLIENT, ""),
    ],
)
async def test_the_client_is_the_last_address_that_is_no_trusted_proxy(
    behind_proxies: FastAPI, peer: str, entries: str, seen: str
) -> None:
    response = await ask(behind_proxies, "/who", peer, X_Forwarded_For=entries)
    assert response.json()[0] == seen


async def test_if_every_address_is_trusted_the_client_is_the_first(
    make_settings: MakeSettings,
) -> None:
    app = listening(create_app(make_settings(TRUSTED_PROXIES="*")))
    response = await ask(app, "/who", "", X_Forwarded_For=f"{CLIENT}, 6.6.6.6")
    assert response.json()[0] == CLIENT


@pytest.mark.parametrize(
    ("peer", "schemes", "seen"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "https,http", "https"),
        ("127.0.0.1", "HTTPS, http", "https"),
        ("127.0.0.1", "wss", "https"),
        ("127.0.0.1", "http, https", "http"),
        ("127.0.0.1", "ftp", "http"),
        ("127.0.0.1", "", "http"),
        (CLIENT, "https", "http"),
    ],
)
async def test_the_scheme_is_that_of_the_clients_connection(
    behind_a_local_proxy: FastAPI, peer: str, schemes: str, seen: str
) -> None:
    response = await ask(behind_a_local_proxy, "/who", peer, X_Forwarded_Proto=schemes)
    assert response.json()[1] == seen
    strict = "Strict-Transport-Security" in response.headers
    assert strict is (seen == "https")


@pytest.mark.parametrize("root_path", ["/shop", "/api", "/api/v1", "/api/v1/shop"])
@pytest.mark.parametrize("is_removed", [True, False])
async def test_a_proxy_may_remove_the_root_path_or_pass_it_on(
    make_settings: MakeSettings, root_path: str, is_removed: bool
) -> None:
    app = create_app(make_settings(ROOT_PATH=f"{root_path}/", TRUSTED_HOSTS="test"))
    start = "" if is_removed else root_path
    assert (await ask(app, f"{start}/api/v1/health", Host="10.1.2.3")).is_success
    refused = await ask(app, f"{start}/api/v1/users/me")
    assert refused.status_code == 401
    assert refused.json()["instance"] == f"{root_path}/api/v1/users/me"


async def test_the_documentation_is_below_the_root_path(
    make_settings: MakeSettings,
) -> None:
    app = create_app(make_settings(ROOT_PATH="/shop"))
    assert "/shop/openapi.json" in (await ask(app, "/shop/docs")).text
    schema = (await ask(app, "/openapi.json")).json()
    scheme = schema["components"]["securitySchemes"]["OAuth2PasswordBearer"]
    assert schema["servers"] == [{"url": "/shop"}]
    assert scheme["flows"]["password"]["tokenUrl"] == "/shop/api/v1/auth/login"


async def test_a_path_that_only_begins_like_the_root_path_is_another(
    make_settings: MakeSettings,
) -> None:
    app = create_app(make_settings(ROOT_PATH="/shop"))
    assert (await ask(app, "/shopping/api/v1/health")).status_code == 404
