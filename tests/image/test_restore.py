"""Test of the backup of the compose stack and of the drill beside it, as docs/deploy.md says them."""

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest
from template.guides import Command, steps

from .conftest import Stack, free_port, run

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
DRILL = "--project-name drill"


@pytest.fixture
def drill(stack: Stack) -> Iterator[Stack]:
    """Yield the stack that the page restores, on free ports; the page removes it."""
    ports = {"DB_PORT": free_port(), "PORT": free_port()}
    page = stack.project / "docs/deploy.md"
    blocks = [step.text for step in steps(page) if isinstance(step, Command) and "docker compose" in step.text]
    backup, restore, removal = (re.sub(r"\b(DB_PORT|PORT)=\d+", lambda a: f"{a[1]}={ports[a[1]]}", b) for b in blocks)
    assert DRILL in restore
    assert DRILL in removal
    own = f"--project-name {stack.project.name}_drill"
    try:
        for block in (backup, restore):
            run("bash", "-euo", "pipefail", "-c", block.replace(DRILL, own), cwd=stack.project)
        yield replace(stack, port=ports["PORT"])
    finally:
        run("bash", "-euo", "pipefail", "-c", removal.replace(DRILL, own), cwd=stack.project)


def _picture(stack: Stack, token: str, content: bytes | None = None) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.port}/api/v1/users/me/picture",
        data=content,
        method="PUT" if content else "GET",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "image/png"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
        return bytes(response.read())


@pytest.fixture
def pictured(stack: Stack, admin: tuple[str, str]) -> tuple[str, str]:
    """Return the login of the admin, who has a picture."""
    _picture(stack, stack.sign_in(*admin), PICTURE)
    return admin


def test_the_admin_signs_in_at_the_drill_and_the_picture_is_there(pictured: tuple[str, str], drill: Stack) -> None:
    assert drill.call("/health/ready").body["database"] == "read-write"
    assert _picture(drill, drill.sign_in(*pictured)) == PICTURE
