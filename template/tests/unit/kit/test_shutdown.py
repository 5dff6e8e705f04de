"""Shutdown of the process."""

import asyncio
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from app.kit.shutdown import DRAIN_DELAY, drain_delay


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """Yield the signals that the server has received."""
    signals: list[int] = []

    def hear(number: int, _: FrameType | None) -> None:
        signals.append(number)

    before = signal.signal(signal.SIGTERM, hear)
    yield signals
    signal.signal(signal.SIGTERM, before)


async def test_the_server_gets_the_signal_after_the_delay(heard: list[int]) -> None:
    with drain_delay():
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0.01)
        assert heard == []
        await asyncio.sleep(DRAIN_DELAY + 0.1)
        assert heard == [signal.SIGTERM]


async def test_without_a_delay_it_gets_the_signal_immediately(heard: list[int]) -> None:
    with drain_delay(0):
        signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


async def test_the_previous_handler_is_restored(heard: list[int]) -> None:
    with drain_delay(60):
        pass
    signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


async def test_the_default_handler_is_left_alone() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with drain_delay():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    signal.signal(signal.SIGTERM, before)
