"""Measure, and write down what was measured: `python -m benchmarks`.

Five rounds or more are recorded in results.json and README.md, beside this file.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import FrameType

from benchmarks import machine, service
from benchmarks.figures import Section
from benchmarks.processes import BenchError
from benchmarks.report import report, verdicts
from benchmarks.stage import Stage, staged

RESULTS = Path(__file__).with_name("results.json")
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->", "<!-- end of the figures -->"
ROUNDS = 5


class Bench:
    """One run: its arguments, its place, and the stage, which is made when it is first needed."""

    def __init__(self, rounds: int, seconds: int, peers: bool, place: Path, stack: ExitStack) -> None:
        self.rounds, self.seconds, self.peers, self.place = rounds, seconds, peers, place
        self._stack = stack

    @cached_property
    def stage(self) -> Stage:
        """The installed project and its database."""
        return self._stack.enter_context(staged(self.place))

    def service(self) -> Section:
        """Measure the service, its limits and its peers."""
        conditions = machine.conditions() | machine.versions(self.stage.python)
        conditions |= {
            "rounds": self.rounds,
            "seconds of each": self.seconds,
            "users": len(self.stage.users),
            "connections": 4,
        }
        details = service.measure(self.stage, self.place, self.rounds, self.seconds, [])
        return Section("service", conditions, list(service.figures(details)), details)


SECTIONS: dict[str, Callable[[Bench], Section]] = {"service": Bench.service}


def main() -> int:
    """Measure what the arguments name; give the exit code."""
    signal.signal(signal.SIGTERM, _end)
    options = _parse()
    rounds, seconds = (1, 2) if options.quick else (options.rounds, options.seconds)
    try:
        with tempfile.TemporaryDirectory(prefix="mkbackend-bench-") as directory, ExitStack() as stack:
            # PostgreSQL, started by root, has another account.
            Path(directory).chmod(0o755)
            bench = Bench(rounds, seconds, not options.quick, Path(directory), stack)
            sections = [SECTIONS[name](bench) for name in options.only]
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report(sections))
    if options.check:
        return _check(sections)
    if rounds >= ROUNDS:
        _record(sections)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the generated project.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"fewer than {ROUNDS} are not recorded")
    parser.add_argument("--seconds", type=int, default=5, help="of each operation of each server")
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(SECTIONS), help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="one short round, without peers")
    parser.add_argument(
        "--check", action="store_true", help="fail where a ratio is worse than recorded; record nothing"
    )
    options = parser.parse_args()
    if unknown := set(options.only) - set(SECTIONS):
        parser.error(f"--only {', '.join(unknown)}: there are {', '.join(SECTIONS)}")
    return options


def _end(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt


def _recorded() -> dict[str, Section]:
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return {name: Section.from_json(section) for name, section in kept.items()}


def _check(sections: list[Section]) -> int:
    judged = list(verdicts(list(_recorded().values()), sections))
    print(*(line for line, _ in judged), sep="\n")
    return int(any(worse for _, worse in judged))


def _record(sections: list[Section]) -> None:
    """Put these sections in the place of the earlier ones; what people wrote stays."""
    kept = _recorded() | {section.name: section for section in sections}
    kept = {name: kept[name] for name in SECTIONS if name in kept}
    text = json.dumps({name: section.to_json() for name, section in kept.items()}, indent=1, ensure_ascii=False)
    RESULTS.write_text(f"{text}\n", "utf-8")
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{report(list(kept.values()))}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
