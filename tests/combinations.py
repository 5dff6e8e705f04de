"""Which answers are tried: each value of every option alone, then all pairs of values.

The options are the questions of copier.yml that have choices: a new one is tried without a change here.
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

# `nox -s full` tries everything; `nox` a set in which every value stands once.
FULL = os.environ.get("MKBACKEND_TESTS") == "full"


def cover(options: Mapping[str, Sequence[str]], strength: int) -> list[Answers]:
    """Return few answers in which any `strength` values of different options meet."""
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
    """Count what a row could still bring if it had this value too."""
    wider = row | {name: value}
    return sum(
        some.get(name) == value and all(wider.get(key, wanted) == wanted for key, wanted in some.items())
        for some in missing
    )


def name_of(answers: Answers) -> str:
    """Return an id for a test, such as `license=none,ci=github`."""
    return ",".join(f"{name}={value}" for name, value in answers.items()) or "defaults"


DEFAULTS: Answers = {}
ALONE = [{name: value} for name, values in OPTIONS.items() for value in values if value != QUESTIONS[name]["default"]]
SUPPORTED = [DEFAULTS, *ALONE, *cover(OPTIONS, 2)]
UNSUPPORTED: dict[str, Answers] = {}  # reason: answers. None: every value goes with every other.

CHECKED = SUPPORTED if FULL else cover(OPTIONS, 1)


def to_run(pythons: Sequence[str]) -> list[Answers]:
    """Return the answers whose projects are run, for the Pythons that are there."""
    return cover(OPTIONS | {"python_version": pythons}, 2 if FULL else 1)
