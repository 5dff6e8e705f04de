"""Tests of interrupts around a command's transaction."""

import signal

import pytest
import typer

from mkbackend.cli.run import reported
from mkbackend.errors import Interruption
from mkbackend.system.interrupts import transaction, uninterrupted


def test_an_interrupt_before_the_change_carries_no_state() -> None:
    with pytest.raises(Interruption) as raised, transaction():
        raise KeyboardInterrupt
    assert raised.value.left == ""


def test_an_interrupt_after_the_change_carries_its_state() -> None:
    with pytest.raises(Interruption) as raised, transaction() as change:
        change.left = "shop is complete"
        raise KeyboardInterrupt
    assert raised.value.left == "shop is complete"


def test_an_interrupt_during_the_change_carries_the_state_after_it() -> None:
    with pytest.raises(Interruption) as raised, transaction() as change, uninterrupted():
        signal.raise_signal(signal.SIGINT)
        change.left = "shop is complete"
    assert raised.value.left == "shop is complete"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyboardInterrupt(), "nothing was created"),
        (EOFError(), "nothing was created"),
        (Interruption(), "nothing was created"),
        (Interruption("shop is complete"), "shop is complete"),
    ],
)
def test_an_interrupt_reports_the_state_it_left(
    error: BaseException, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, reported(as_json=False, unchanged="nothing was created"):
        raise error
    assert ended.value.exit_code == 130
    assert f"Interrupted; {message}." in capsys.readouterr().err
