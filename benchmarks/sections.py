"""The parts of the suite, each with its conditions and its figures."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks import (
    callgrind,
    connections,
    disk,
    footprint,
    generator,
    health,
    http_servers,
    instructions,
    logins,
    machine,
    minimal,
    service,
    start,
    suite,
)
from benchmarks.figures import Section
from benchmarks.load import CONNECTIONS, wrk
from benchmarks.peers import peers
from benchmarks.servers import Plan
from benchmarks.stage import Stage, staged


@dataclass
class Bench:
    """The options of one run, and its directory."""

    rounds: int
    seconds: int
    with_peers: bool
    place: Path
    stack: ExitStack

    @cached_property
    def stage(self) -> Stage:
        """The installed project and its database, created on first use."""
        return self.stack.enter_context(staged(self.place))

    @cached_property
    def peers(self) -> list[Plan]:
        """The installed peers with their databases, created on first use."""
        return [plan for plan in self._peers if isinstance(plan, Plan)]

    @cached_property
    def missing_peers(self) -> list[str]:
        """The reasons why peers are missing."""
        return [reason for reason in self._peers if isinstance(reason, str)]

    @cached_property
    def _peers(self) -> list[Plan | str]:
        return list(peers(self.stage, self.place)) if self.with_peers else []

    def measure(self, name: str) -> Section:
        """Measure one part."""
        conditions = machine.conditions() | {"rounds": self.rounds}
        section = SECTIONS[name](self)
        return replace(section, conditions=conditions | section.conditions)


def _service(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    details = service.measure(bench.stage, bench.place, bench.rounds, bench.seconds, bench.peers)
    conditions = _load(bench, CONNECTIONS)
    return Section("service", conditions, list(service.figures(details)), details, bench.missing_peers)


def _connections(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    details = connections.measure(bench.stage, bench.place, bench.rounds, bench.seconds, bench.peers)
    conditions = _load(bench, connections.CONNECTIONS)
    return Section("connections", conditions, list(connections.figures(details)), details, bench.missing_peers)


def _disk(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    details = disk.measure(bench.stage, bench.place, bench.rounds, bench.seconds)
    return Section("disk", _load(bench, CONNECTIONS), list(disk.figures(details)), details)


def _footprint(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    details, refused = footprint.measure(bench.stage, bench.place, bench.rounds, bench.seconds, bench.peers)
    missing = [*bench.missing_peers, *refused]
    return Section("footprint", {}, list(footprint.figures(details)), {"service": details}, missing)


def _load(bench: Bench, number: int) -> dict[str, object]:
    """Return the load of a comparison of services, and the versions."""
    load = f"{number} connections, {len(bench.stage.users)} users, {bench.seconds} s for each operation"
    return {"load": load, "versions": machine.versions(bench.stage.python) | {"wrk": machine.version_of_wrk()}}


def _servers(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    http_servers.install(bench.stage)
    details = http_servers.measure(bench.stage, bench.place, bench.rounds, bench.seconds)
    table = http_servers.table(bench.stage, bench.place)
    versions = machine.versions(bench.stage.python, http_servers.PACKAGES)
    load = f"{CONNECTIONS} connections, {bench.seconds} s for each operation"
    conditions: dict[str, object] = {"load": load, "versions": versions}
    return Section("servers", conditions, list(http_servers.figures(details)), details, table=table)


def _instructions(bench: Bench) -> Section:
    if programs := callgrind.missing_programs():
        return _without("instructions", programs)
    details = instructions.measure(bench.stage, bench.place, bench.rounds)
    versions = machine.versions(bench.stage.python) | {"valgrind": callgrind.version()}
    return Section("instructions", {"versions": versions}, list(instructions.figures(details)), details)


def _minimal(bench: Bench) -> Section:
    if programs := callgrind.missing_programs():
        return _without("minimal", programs)
    details = minimal.measure(bench.stage, bench.place, bench.rounds)
    versions = machine.versions(bench.stage.python) | {"valgrind": callgrind.version()}
    return Section("minimal", {"versions": versions}, list(minimal.figures(details)), details)


def _without(name: str, programs: Sequence[str]) -> Section:
    missing = f"{name}: {', '.join(programs)} not found. Install valgrind: apt-get install valgrind"
    return Section(name, {}, [], {}, [missing])


def _health(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    details = health.measure(bench.stage, bench.place, bench.rounds, bench.seconds)
    return Section("health", {}, health.figures(details), {"latency": details})


def _logins(bench: Bench) -> Section:
    wrk()  # fails before the slow setup
    details = logins.measure(bench.stage, bench.place / "logins", bench.rounds, bench.seconds)
    load = f"{CONNECTIONS} connections, or {logins.AT_ONCE}; {bench.seconds} s for each operation"
    return Section("logins", {"load": load}, list(logins.figures(details)), details)


def _generator(bench: Bench) -> Section:
    details = generator.measure(bench.place, bench.rounds)
    return Section("generator", {}, list(generator.figures(details)), {"command": details})


def _start(bench: Bench) -> Section:
    details = start.measure(bench.place, bench.rounds)
    return Section("start", {}, start.figures(details), {"command": details})


def _suite(bench: Bench) -> Section:
    details, missing = suite.measure(bench.stage, bench.place, bench.rounds)
    return Section("suite", {}, suite.figures(details), {"tests": details}, missing)


SECTIONS: dict[str, Callable[[Bench], Section]] = {
    "service": _service,
    "connections": _connections,
    "disk": _disk,
    "footprint": _footprint,
    "servers": _servers,
    "instructions": _instructions,
    "minimal": _minimal,
    "health": _health,
    "logins": _logins,
    "generator": _generator,
    "start": _start,
    "suite": _suite,
}
