"""Figures, measured once in each round, and their aims. Less is always better."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

TIMES = "times"
Measured = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Figure:
    """A value of each round; `unit` is TIMES for a ratio.

    A ratio of counts to the last release has a tolerance; without a recorded value it is compared with 1.
    """

    name: str
    values: Sequence[float]
    unit: str = TIMES
    aim: float | None = None
    tolerance: float = 0

    @property
    def median(self) -> float:
        """The median round."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """The difference between the highest and the lowest round."""
        return max(self.values) - min(self.values)

    @property
    def missed(self) -> bool:
        """Return whether the median is above the aim."""
        return self.aim is not None and self.median > self.aim

    def allowed_above(self, recorded: Self) -> float:
        """Return the allowed increase over the recorded figure: its spread, or the tolerance of a count."""
        return max(recorded.spread, self.tolerance)

    def is_worse_than(self, recorded: Self) -> bool:
        """Return whether this exceeds the recorded figure by more than is allowed."""
        return self.median > recorded.median + self.allowed_above(recorded)


@dataclass(frozen=True)
class Section:
    """The results of one part of the suite, with their conditions and what could not be measured."""

    name: str
    conditions: dict[str, object]
    figures: Sequence[Figure]
    # By server and operation, or by command: all values of each round
    details: Mapping[str, Measured]
    missing: Sequence[str] = ()
    # Of words: the head, then the rows
    table: Sequence[Sequence[str]] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the values that a JSON file stores."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Create a section from the values of a JSON file."""
        return cls(**{**kept, "figures": [Figure(**figure) for figure in kept["figures"]]})


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], aim: float | None) -> Figure:
    """Return the ratio of each round."""
    return Figure(name, [a / b for a, b in zip(ours, theirs, strict=True)], TIMES, aim)
