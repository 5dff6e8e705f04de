"""The command `python -m benchmarks`: measures, and records the results.

Runs of five or more rounds are recorded in results.json and README.md, in this folder.
"""

import argparse
import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from benchmarks.figures import Section
from benchmarks.processes import BenchError
from benchmarks.report import report, verdicts
from benchmarks.sections import SECTIONS, Bench

RESULTS = Path(__file__).with_name("results.json")
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->", "<!-- end of the figures -->"
ROUNDS = 5


def main() -> int:
    """Measure the sections that the arguments name; return the exit code."""
    # SIGINT and SIGTERM stop the servers first. Shells make background jobs ignore SIGINT: set the handler again.
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    options = _parse()
    try:
        sections, failed = _measure(options)
    except KeyboardInterrupt:
        return 130
    print(report(sections))
    if options.check:
        return max(failed, _check(sections))
    if options.rounds >= ROUNDS and sections:
        _record(sections)
    return failed


def _measure(options: argparse.Namespace) -> tuple[list[Section], int]:
    """Measure section by section; report one that fails, and go on with the next."""
    sections, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="mkbackend-bench-") as directory, ExitStack() as stack:
        # When root starts PostgreSQL, it runs as another user.
        Path(directory).chmod(0o755)
        bench = Bench(options.rounds, options.seconds, not options.quick, Path(directory), stack)
        for name in options.only:
            try:
                sections.append(bench.measure(name))
            except BenchError as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = 1
    return sections, failed


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the generated project.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds; fewer than {ROUNDS} are not recorded")
    parser.add_argument("--seconds", type=int, default=4, help="duration of each operation of each server")
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(SECTIONS), help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="one short round of the service, without peers")
    parser.add_argument(
        "--check", action="store_true", help="fail where a ratio is worse than recorded; record nothing"
    )
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.only = 1, 2, ["service"]
    if unknown := set(options.only) - set(SECTIONS):
        parser.error(f"--only {', '.join(unknown)}: choose from {', '.join(SECTIONS)}")
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
    """Replace the recorded sections with these, except empty ones; keep the text around the figures."""
    kept = _recorded() | {section.name: section for section in sections if section.figures}
    kept = {name: kept[name] for name in SECTIONS if name in kept}
    text = json.dumps({name: section.to_json() for name, section in kept.items()}, indent=1, ensure_ascii=False)
    RESULTS.write_text(f"{text}\n", "utf-8")
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{report(list(kept.values()))}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
