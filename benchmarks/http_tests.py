"""A plugin of pytest: run the tests that send requests, and time them without what is made once for all."""

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

CLIENTS = {"client", "fresh_client"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the file to write."""
    parser.addoption("--http-tests-to", type=Path)


def pytest_configure(config: pytest.Config) -> None:
    """Start counting."""
    config.pluginmanager.register(_Stopwatch(config.getoption("--http-tests-to")))


class _Stopwatch:
    def __init__(self, out: Path) -> None:
        self._out, self._tests, self._seconds, self._shared = out, 0, 0.0, 0.0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if CLIENTS & set(getattr(item, "fixturenames", ()))]
        self._tests = len(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        began = time.perf_counter()
        made = yield
        if fixturedef.scope != "function":
            self._shared += time.perf_counter() - began
        return made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds += report.duration

    def pytest_sessionfinish(self) -> None:
        each = (self._seconds - self._shared) * 1000 / self._tests
        self._out.write_text(json.dumps({"ms_each": each, "tests": self._tests}))
