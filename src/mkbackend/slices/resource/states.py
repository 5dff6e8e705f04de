"""States of an enum, and the steps between them. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mkbackend.errors import BadInputError
from mkbackend.slices.names import require_plain
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum

_SYNTAX = "--transition pending:confirmed, with another verb --transition pending:confirmed=accept"
# Verbs of states that no rule leads to.
_IRREGULAR = {
    "added": "add",
    "cancelled": "cancel",
    "created": "create",
    "done": "finish",
    "drawn": "draw",
    "held": "hold",
    "invited": "invite",
    "labelled": "label",
    "made": "make",
    "noted": "note",
    "paid": "pay",
    "promoted": "promote",
    "quoted": "quote",
    "sent": "send",
    "sold": "sell",
    "voted": "vote",
    "withdrawn": "withdraw",
}
# Ends of verbs that have an e before the d: archive, release, charge, activate, complete, expire, store, schedule.
_WITH_E = re.compile(
    r"([cvzu]|[^s]s|rg|dg|ang|[^aeo]a[dgmt]|[^aeo][iou]d|[^o]ok|let|[^aeo]ut|[^aeo][iu][mr]|[^e]ar|(st|n|pl|sc)or"
    r"|[^aeo]in|[^aeioul]l|ul)$"
)
# Ends that are doubled in a verb itself: process, install.
_DOUBLED = re.compile(r"([b-df-hjkmnp-rtv-y])\1$")


@dataclass(frozen=True)
class Transition:
    """A step to a state.

    Attributes:
        field: the column of the state.
        sources: the states from which it leads.
        target: the state to which it leads.
        verb: the name of the step, such as `confirm`.
    """

    field: str
    sources: tuple[str, ...]
    target: str
    verb: str

    @property
    def word(self) -> str:
        """Return the first step as the option has it."""
        return self.words[0]

    @property
    def words(self) -> list[str]:
        """Return the steps as the option has them."""
        verb = "" if self.verb == verb_of(self.target) else f"={self.verb}"
        return [f"{source}:{self.target}{verb}" for source in self.sources]


def parse_transitions(words: Sequence[str], fields: Iterable[FieldType]) -> tuple[Transition, ...]:
    """Return the steps that the words describe, those of one verb as one; raise BadInputError for an invalid word."""
    enums = [field for field in fields if isinstance(field, Enum)]
    return joined((), tuple(_parse(word, enums) for word in words))


def joined(known: Iterable[Transition], new: Iterable[Transition]) -> tuple[Transition, ...]:
    """Return all steps, those of one verb as one; raise BadInputError if they contradict each other."""
    found: dict[str, Transition] = {}
    for step in (*known, *new):
        same = found.setdefault(step.verb, step)
        if same is step:
            continue
        if (same.field, same.target) != (step.field, step.target):
            why = f"--transition {step.word}: {step.verb} leads to {same.target} too."
            raise BadInputError(why, f"Give it another verb: --transition {step.word}=VERB")
        if twice := [source for source in step.sources if source in same.sources]:
            raise BadInputError(f"--transition {twice[0]}:{step.target} is given twice.", "Omit one.")
        found[step.verb] = replace(same, sources=(*same.sources, *step.sources))
    return tuple(found.values())


def _parse(word: str, enums: Sequence[Enum]) -> Transition:
    """Return one step."""
    states, equals, verb = word.partition("=")
    source, colon, target = states.partition(":")
    if not (source and colon and target) or (equals and not verb):
        raise BadInputError(f"--transition {word} is not valid.", f"Use {_SYNTAX}.")
    fitting = [field for field in enums if {source, target} <= {*field.args}]
    if source == target or not fitting:
        raise BadInputError(
            f"--transition {word}: no enum has both states.", f"Add status:enum/{source}/{target}:readonly."
        )
    if len(fitting) > 1:
        names = " and ".join(field.name for field in fitting)
        raise BadInputError(f"--transition {word}: {names} have both states.", "Use different values.")
    (field,) = fitting
    if not field.readonly:
        raise field.refuse("a request could change the state without a step.", f"Add :readonly: {field.word}:readonly")
    verb = verb or verb_of(target)
    require_plain(verb, "a step")
    return Transition(field.name, (source,), target, verb)


def verb_of(state: str) -> str:
    """Return the verb that leads to a state: confirmed, confirm; a word that is no participle stays as it is."""
    state = state.lower().replace("-", "_")
    head, _, last = state.rpartition("_")
    if head:
        return f"{head}_{verb_of(last)}"
    if state in _IRREGULAR:
        return _IRREGULAR[state]
    if state.endswith("ied"):
        return f"{state[:-3]}y"
    stem = state.removesuffix("ed")
    if stem == state or len(stem) < 2:
        return state
    if _DOUBLED.search(stem) and not stem.endswith("ff"):
        return stem[:-1]
    return f"{stem}e" if _WITH_E.search(stem) else stem
