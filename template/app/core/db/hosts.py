"""Connections to the first of several hosts that can be used."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import asyncpg
from asyncpg.exceptions import CannotConnectNowError, TargetServerAttributeNotMatched

# The next host is tried: this one is away, starting, or has another role.
NEXT = (OSError, CannotConnectNowError, TargetServerAttributeNotMatched)


async def connect_first(
    *,
    host: Sequence[str],
    port: Sequence[int],
    timeout: float,  # noqa: ASYNC109 - the driver's own
    target_session_attrs: str | None = None,
    **options: Any,
) -> Any:
    """Try one host after another, each in its share of the time.

    The driver would give all of it to a host that does not respond, as after a power
    failure.
    """
    prefers = target_session_attrs == "prefer-standby"
    roles = ("standby", "any") if prefers else (target_session_attrs,)
    tries = [*product(roles, zip(host, port, strict=True))]
    for role, (name, number) in tries:
        try:
            return await asyncpg.connect(
                host=name,
                port=number,
                timeout=timeout / len(tries),
                target_session_attrs=role,
                **options,
            )
        except NEXT as error:
            last = error
    raise last
