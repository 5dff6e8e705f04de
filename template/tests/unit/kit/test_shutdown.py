"""The end of the process."""

import asyncio
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from app.kit.shutdown import DRAIN_DELAY, drain_delay


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that a server has heard."""
    signals: list[int] = []

    def hear(number: int, _: FrameType | None) -> None:
        signals.append(number)

    before = signal.signal(signal.SIGTERM, hear)
    yield signals
    signal.signal(signal.SIGTERM, before)


async def test_the_server_hears_of_its_end_a_little_later(heard: list[int]) -> None:
    with drain_delay():
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0.01)
        assert heard == []
        await asyncio.sleep(DRAIN_DELAY + 0.1)
        assert heard == [signal.SIGTERM]


async def test_without_a_last_call_it_hears_at_once(heard: list[int]) -> None:
    with drain_delay(0):
        signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


async def test_afterwards_all_is_as_before(heard: list[int]) -> None:
    with drain_delay(60):
        pass
    signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


async def test_what_is_not_handled_is_left_alone() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with drain_delay():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    signal.signal(signal.SIGTERM, before)
