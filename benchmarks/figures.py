"""What was measured: figures, each once in every round, and what is aimed at. Less is always better."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

TIMES = "times"
Measured = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Figure:
    """Something measured in each round; `unit` is TIMES for a ratio.

    A ratio of counts to the last release has a tolerance; where none is recorded, it is compared with 1.
    """

    name: str
    values: Sequence[float]
    unit: str = TIMES
    aim: float | None = None
    tolerance: float = 0

    @property
    def median(self) -> float:
        """The round in the middle."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """How far apart the rounds are."""
        return max(self.values) - min(self.values)

    @property
    def missed(self) -> bool:
        """Whether the aim is missed."""
        return self.aim is not None and self.median > self.aim

    def allowed_above(self, recorded: Self) -> float:
        """Return by how much this may exceed what was recorded: by its spread, or the tolerance of a count."""
        return max(recorded.spread, self.tolerance)

    def is_worse_than(self, recorded: Self) -> bool:
        """Tell whether this is worse than what was recorded, by more than is allowed."""
        return self.median > recorded.median + self.allowed_above(recorded)


@dataclass(frozen=True)
class Section:
    """What one part of the suite has measured, where and how, and what it could not."""

    name: str
    conditions: dict[str, object]
    figures: Sequence[Figure]
    # Each server and operation, or each command, with all that was measured in each round
    details: Mapping[str, Measured]
    missing: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Give what a JSON file keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read what a JSON file has kept."""
        return cls(**{**kept, "figures": [Figure(**figure) for figure in kept["figures"]]})


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], aim: float | None) -> Figure:
    """Compare round by round."""
    return Figure(name, [a / b for a, b in zip(ours, theirs, strict=True)], TIMES, aim)
