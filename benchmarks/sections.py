"""The parts of the suite, each with its conditions and its figures."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import generator, health, machine, service, start, suite
from benchmarks.figures import Figure, Measured, Section
from benchmarks.load import CONNECTIONS
from benchmarks.peers import peers
from benchmarks.servers import Plan
from benchmarks.stage import Stage, staged


@dataclass
class Bench:
    """One run: how long, whether with peers, and where."""

    rounds: int
    seconds: int
    with_peers: bool
    place: Path
    stack: ExitStack

    @cached_property
    def stage(self) -> Stage:
        """The installed project and its database, made when they are first needed."""
        return self.stack.enter_context(staged(self.place))

    def section(
        self,
        name: str,
        figures: Iterable[Figure],
        details: Mapping[str, Measured],
        missing: Iterable[str] = (),
        **conditions: object,
    ) -> Section:
        """Put a section together."""
        common = machine.conditions() | {"rounds": self.rounds}
        return Section(name, common | conditions, list(figures), details, list(missing))


def _service(bench: Bench) -> Section:
    found = list(peers(bench.stage, bench.place)) if bench.with_peers else []
    plans = [plan for plan in found if isinstance(plan, Plan)]
    details = service.measure(bench.stage, bench.place, bench.rounds, bench.seconds, plans)
    load = f"{CONNECTIONS} connections, {len(bench.stage.users)} users, {bench.seconds} s for each operation"
    return bench.section(
        "service",
        service.figures(details),
        details,
        (word for word in found if isinstance(word, str)),
        load=load,
        versions=machine.versions(bench.stage.python),
    )


def _health(bench: Bench) -> Section:
    details = health.measure(bench.stage, bench.place, bench.rounds, bench.seconds)
    return bench.section("health", health.figures(details), {"latency": details})


def _generator(bench: Bench) -> Section:
    details = generator.measure(bench.place, bench.rounds)
    return bench.section("generator", generator.figures(details), {"command": details})


def _start(bench: Bench) -> Section:
    details = start.measure(bench.place, bench.rounds)
    return bench.section("start", start.figures(details), {"command": details})


def _suite(bench: Bench) -> Section:
    details = suite.measure(bench.stage, bench.place, bench.rounds)
    return bench.section("suite", suite.figures(details), {"tests": details})


SECTIONS: dict[str, Callable[[Bench], Section]] = {
    "service": _service,
    "health": _health,
    "generator": _generator,
    "start": _start,
    "suite": _suite,
}
