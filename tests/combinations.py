"""The tested answers: each value of every option alone, then all pairs of values.

The options are the questions of copier.yml with choices; a new one is included automatically.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import yaml

Answers = dict[str, str]

QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((Path(__file__).parents[1] / "copier.yml").read_text(encoding="utf-8")).items()
    if not name.startswith("_") and question.get("when", True)
}
OPTIONS: dict[str, list[str]] = {name: asked["choices"] for name, asked in QUESTIONS.items() if "choices" in asked}

# `nox -s full` tests everything; `nox` renders a set that contains every value once, and runs a project on each Python.
TIER = os.environ.get("MKBACKEND_TESTS")
FULL = TIER == "full"


def cover(options: Mapping[str, Sequence[str]], strength: int) -> list[Answers]:
    """Return a small set of answers that contains every combination of `strength` values of different options."""
    missing = [
        dict(zip(names, values, strict=True))
        for names in itertools.combinations(options, strength)
        for values in itertools.product(*(options[name] for name in names))
    ]
    rows = []
    while missing:
        row = dict(missing[0])
        for name in options:
            row.setdefault(name, max(options[name], key=partial(_gain, missing, row, name)))
        rows.append({name: row[name] for name in options})
        missing = [some for some in missing if not some.items() <= row.items()]
    return rows


def _gain(missing: Sequence[Answers], row: Answers, name: str, value: str) -> int:
    """Count the missing combinations that a row could still contain with this value."""
    wider = row | {name: value}
    return sum(
        some.get(name) == value and all(wider.get(key, wanted) == wanted for key, wanted in some.items())
        for some in missing
    )


def name_of(answers: Answers) -> str:
    """Return a test id, such as `license=none,ci=github`."""
    return ",".join(f"{name}={value}" for name, value in answers.items()) or "defaults"


DEFAULTS: Answers = {}
ALONE = [{name: value} for name, values in OPTIONS.items() for value in values if value != QUESTIONS[name]["default"]]
SUPPORTED = [DEFAULTS, *ALONE, *cover(OPTIONS, 2)]
UNSUPPORTED: dict[str, Answers] = {}  # reason: answers. Empty: all values can be combined.

CHECKED = SUPPORTED if FULL else cover(OPTIONS, 1)


def to_run(pythons: Sequence[str]) -> list[Answers]:
    """Return the answers of the projects to run on the installed Pythons: a short run has one for each."""
    rows = cover(OPTIONS | {"python_version": pythons}, 2 if FULL else 1)
    return rows if TIER in ("full", "matrix") else rows[: len(pythons)]
