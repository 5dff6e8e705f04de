"""Tests of the service behind Caddy, with the Caddyfile and the settings of docs/deploy.md: `nox -s tls`."""

import os
import re
import shutil
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from load.database import Database, database
from load.service import free_port, service
from template.conftest import start, wait_for

from .conftest import PAGE

HOST = "api.example.com"
# An address of the client that is not Caddy's
CLIENT = "127.0.0.2"
HSTS = "strict-transport-security"
SETTINGS = re.compile(r"^\| `(TRUSTED_HOSTS|KEEP_ALIVE_TIMEOUT)=(\S+)` \|", re.MULTILINE)
# Its own authority in place of a public one, and no ports that are the machine's.
OPTIONS = "{{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tlocal_certs\n\thttps_port {}\n}}\n"
AUTHORITY = "caddy/pki/authorities/local/root.crt"


@dataclass(frozen=True)
class Proxied:
    """A service, its database, and Caddy in front of it."""

    database: Database
    direct: str
    port: int
    authority: Path

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """Send a GET, or a POST with a form, to the host name at Caddy."""
        trust = ssl.create_default_context(cafile=self.authority)
        transport = httpx.HTTPTransport(verify=trust, local_address=CLIENT)
        with httpx.Client(base_url=f"https://127.0.0.1:{self.port}/api/v1", transport=transport) as client:
            method, own = "POST" if form else "GET", {"Host": HOST} | headers
            return client.request(method, path, data=form, headers=own, extensions={"sni_hostname": HOST})

    def answers(self) -> bool:
        try:
            return self.authority.exists() and self.ask("/health").is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def proxied(installed: Path, python: Path, scratch: Path) -> Iterator[Proxied]:
    """Yield the service with the settings of the page, behind Caddy."""
    program = shutil.which("caddy", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    assert program, "caddy is missing: nox -s tls installs it"
    page = (installed / PAGE).read_text("utf-8")
    (block,) = re.findall(rf"```text\n({re.escape(HOST)} .*?)```", page, re.DOTALL)
    settings = dict(SETTINGS.findall(page))
    # The fixture of the service signs in past Caddy.
    hosts, seconds = f"{settings['TRUSTED_HOSTS']},127.0.0.1", settings["KEEP_ALIVE_TIMEOUT"]
    with (
        database(installed, python, scratch) as made,
        service(made, scratch, TRUSTED_HOSTS=hosts, KEEP_ALIVE_TIMEOUT=seconds) as running,
    ):
        port, place = free_port(), scratch / "caddy"
        place.mkdir()
        text = OPTIONS.format(port) + block.replace(":8000", f":{running.port}")
        (place / "Caddyfile").write_text(text, encoding="utf-8")
        command = ("sh", "-c", 'exec "$0" run --config Caddyfile > log 2>&1', program)
        with start(*command, cwd=place, HOME=str(place), XDG_DATA_HOME=str(place)) as caddy:
            found = Proxied(made, f"http://127.0.0.1:{running.port}/api/v1", port, place / AUTHORITY)
            assert wait_for(lambda: caddy.poll() is not None or found.answers()), (place / "log").read_text()
            assert caddy.poll() is None, (place / "log").read_text()
            yield found


def test_the_service_knows_that_the_connection_is_encrypted(proxied: Proxied) -> None:
    assert proxied.ask("/health").headers[HSTS] == "max-age=31536000"
    assert HSTS not in httpx.get(f"{proxied.direct}/health", trust_env=False).headers


def test_other_host_names_are_refused(proxied: Proxied) -> None:
    refused = httpx.get(f"{proxied.direct}/users/me", headers={"Host": "other.example.com"}, trust_env=False)
    assert (refused.status_code, proxied.ask("/users/me").status_code) == (400, 401)


def test_the_service_knows_the_clients_address(proxied: Proxied) -> None:
    login = {"username": "nobody@example.com", "password": "a quiet harbour"}
    forged = {"X-Forwarded-For": "192.0.2.9"}
    assert [proxied.ask("/auth/login", login, **headers).status_code for headers in ({}, forged)] == [401, 401]
    # Refusals are written after the response; those of one address are counted in one row.
    statement = "SELECT address, count FROM audit_events WHERE action = 'login' AND count = 2"
    assert wait_for(lambda: proxied.database.ask(statement)) == [[CLIENT, 2]]
