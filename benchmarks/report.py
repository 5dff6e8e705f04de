"""Markdown tables of the results, and the comparison of a later run with them."""

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.figures import TIMES, Figure, Section

FORMATS = dict.fromkeys(("cpu_us", "cpu_ms", "wall_ms", "per_second", "tests", "packages"), "{:,.0f}")
FORMATS["start_s"] = "{:.2f}"
HEADS = {
    "cpu_us": "CPU, µs",
    "cpu_ms": "CPU, ms",
    "wall_ms": "time, ms",
    "per_second": "per second",
    "kilo_instructions": "instructions, thousands",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "new_s": "mkbackend new, s",
    "first_200_s": "all, s",
    "ms_each": "mean, ms",
    "ms_median": "median, ms",
    "tests": "number",
    "start_s": "start, s",
    "idle_mib": "memory, idle, MiB",
    "used_mib": "memory, used, MiB",
    "sign_ups": "sign-ups per second",
}


def report(sections: Sequence[Section]) -> str:
    """Return all sections as Markdown."""
    return "\n".join(line for section in sections for line in _section(section))


def _section(section: Section) -> Iterator[str]:
    yield from (f"### {section.name.capitalize()}", "")
    yield "; ".join(f"{name}: {_words(value)}" for name, value in section.conditions.items()) + "."
    yield ""
    if section.figures:
        yield from _table(("", "median", "spread", "aim", ""), [_row(figure) for figure in section.figures])
    for name, measured in section.details.items():
        keys = list(dict.fromkeys(key for rounds in measured.values() for key in rounds[0]))
        rows = [(what, *_medians(rounds, keys)) for what, rounds in measured.items()]
        yield from _table((name, *(HEADS.get(key, key) for key in keys)), rows)
    if section.table:
        head, *words = section.table
        yield from _table(head, words)
    for what in section.missing:
        yield from (f"Not measured: {what}", "")


def _words(value: object) -> str:
    return ", ".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, dict) else str(value)


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = "" if figure.aim is None else "**missed**" if figure.missed else "met"
    spread = f"{_value(min(figure.values), figure)} to {_value(max(figure.values), figure)}"
    aim = "" if figure.aim is None else f"≤ {_aim(figure.aim, figure)}"
    return figure.name, _value(figure.median, figure), spread, aim, verdict


def _aim(aim: float, figure: Figure) -> str:
    """Return an aim; a ratio with a third decimal keeps it, because a rounded aim would be another one."""
    exact = figure.unit != TIMES or round(aim, 2) == aim
    return _value(aim, figure) if exact else f"{aim:.3f}"


def _value(value: float, figure: Figure) -> str:
    if figure.unit != TIMES:
        return f"{value:,.1f} {figure.unit}"
    return f"{value:.4f}" if figure.tolerance else f"{value:.2f}"


def _medians(rounds: Sequence[dict[str, float]], keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        known = [each[key] for each in rounds if key in each]
        yield FORMATS.get(key, "{:,.1f}").format(median(known)) if known else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def verdicts(recorded: Sequence[Section], now: Sequence[Section]) -> Iterator[tuple[str, bool]]:
    """Compare the ratios with the recorded ones; yield a line for each, and whether it is worse."""
    before = {figure.name: figure for section in recorded for figure in section.figures}
    for figure in (figure for section in now for figure in section.figures if figure.unit == TIMES):
        now_is = f"{figure.name}: {_value(figure.median, figure)}"
        as_released = Figure(figure.name, [1.0]) if figure.tolerance else None
        if (was := before.get(figure.name, as_released)) is None:
            yield f"{now_is}, not recorded", False
            continue
        worse = figure.is_worse_than(was)
        allowed = f"{_value(was.median, figure)} + {_value(figure.allowed_above(was), figure)}"
        source = "recorded" if figure.name in before else "as released"
        yield f"{now_is}, {source} {allowed}: {'WORSE' if worse else 'fine'}", worse
