"""Several hosts of a database: the order and time in which they are tried."""

from typing import Any

import asyncpg
import pytest
from asyncpg.exceptions import (
    CannotConnectNowError,
    InvalidPasswordError,
    TargetServerAttributeNotMatched,
)

from app.core.db.hosts import connect_first

HOSTS: dict[str, Any] = {"host": ["one", "two"], "port": [1, 2], "timeout": 6}
ROLE = TargetServerAttributeNotMatched("another role")
Tries = list[tuple[Any, ...]]


def answering(patch: pytest.MonkeyPatch, *outcomes: Exception | str) -> Tries:
    """Let connections have these outcomes in turn; return how they were tried."""
    tries, left = Tries(), iter(outcomes)

    async def connect(**options: Any) -> str:
        tries.append(tuple(options.values()))
        outcome = next(left)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    patch.setattr(asyncpg, "connect", connect)
    return tries


@pytest.mark.parametrize(
    "error", [TimeoutError(), ConnectionRefusedError(), CannotConnectNowError(), ROLE]
)
async def test_the_next_host_is_tried_in_its_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tries = answering(monkeypatch, error, "connected")
    found = await connect_first(**HOSTS, target_session_attrs="primary", user="ada")
    assert found == "connected"
    assert tries == [("one", 1, 3, "primary", "ada"), ("two", 2, 3, "primary", "ada")]


async def test_a_primary_is_used_if_there_is_no_preferred_standby(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = answering(monkeypatch, ROLE, TimeoutError(), "primary")
    found = await connect_first(**HOSTS, target_session_attrs="prefer-standby")
    assert found == "primary"
    assert [role for *_, role in tries] == ["standby", "standby", "any"]


@pytest.mark.parametrize("error", [TimeoutError("last"), InvalidPasswordError("last")])
async def test_the_last_error_is_raised(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    answering(monkeypatch, OSError("first"), error)
    with pytest.raises(type(error), match="last"):
        await connect_first(**HOSTS)
