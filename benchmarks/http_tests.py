"""A plugin of pytest: run the tests that send requests, and time them without what is made once for all."""

import json
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from statistics import mean, median
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
        self._out = out
        # Of each test; what is shared is taken off the one that happens to need it first.
        self._seconds: dict[str, float] = defaultdict(float)
        self._shared = 0.0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if CLIENTS & set(getattr(item, "fixturenames", ()))]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        began = time.perf_counter()
        made = yield
        if fixturedef.scope != "function":
            self._shared += time.perf_counter() - began
        return made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration - self._shared
        self._shared = 0.0

    def pytest_sessionfinish(self) -> None:
        seconds = self._seconds.values()
        said = {"ms_each": mean(seconds) * 1000, "ms_median": median(seconds) * 1000, "tests": len(seconds)}
        self._out.write_text(json.dumps(said))
