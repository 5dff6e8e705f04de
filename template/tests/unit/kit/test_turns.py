"""Turns."""

import asyncio

import pytest

from app.core.exceptions import ServiceUnavailableException
from app.kit.turns import Turns


async def test_the_next_turn_begins_when_one_ends() -> None:
    turns, at_once, most = Turns(2, seconds=60), 0, 0

    async def work() -> None:
        nonlocal at_once, most
        async with turns.take():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            raise ZeroDivisionError

    results = await asyncio.gather(*(work() for _ in range(9)), return_exceptions=True)
    assert {type(each) for each in results} == {ZeroDivisionError}
    assert (at_once, most) == (0, 2)


async def test_a_turn_that_is_not_free_in_time_is_refused() -> None:
    turns = Turns(1, seconds=0)
    with pytest.raises(ServiceUnavailableException):
        async with turns.take(), turns.take():
            pass
    async with turns.take():
        pass
