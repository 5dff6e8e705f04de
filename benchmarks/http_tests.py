"""A pytest plugin that runs the tests over HTTP and times them, without the setup of shared fixtures."""

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
    """Add the option that names the output file."""
    parser.addoption("--http-tests-to", type=Path)


def pytest_configure(config: pytest.Config) -> None:
    """Register the stopwatch."""
    config.pluginmanager.register(_Stopwatch(config.getoption("--http-tests-to")))


class _Stopwatch:
    def __init__(self, out: Path) -> None:
        self._out = out
        # By test. The setup of a shared fixture is subtracted from the first test that uses it.
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
        figures = {"ms_each": mean(seconds) * 1000, "ms_median": median(seconds) * 1000, "tests": len(seconds)}
        self._out.write_text(json.dumps(figures))
