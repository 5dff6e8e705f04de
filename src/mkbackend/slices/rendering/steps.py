"""Context of the steps from one state to another."""

from collections.abc import Iterable
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.states import Transition
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum


def steps_of(resource: Resource, columns: Iterable[FieldType]) -> dict[str, Any]:
    """Return the names of the steps, the members of their states, and the steps that lead to each from a new row."""
    enums = {column.name: column for column in columns if isinstance(column, Enum)}
    fields = dict.fromkeys(step.field for step in resource.transitions)
    return {
        "transitions": [_step_of(step, enums[step.field], resource.transitions) for step in resource.transitions],
        "state_fields": [enums[name] for name in fields],
    }


def _step_of(step: Transition, field: Enum, steps: Iterable[Transition]) -> dict[str, Any]:
    members = {value: f"{field.own_class}.{member}" for member, value in field.members.items()}
    return {
        "field": field,
        "verb": step.verb,
        "words": names.words_of(step.verb),
        "path": names.path_of(step.verb),
        "sources": [members[source] for source in step.sources],
        "others": [member for value, member in members.items() if value not in step.sources],
        "target": members[step.target],
        "way": way_to(step, str(field.given_default), steps),
    }


def way_to(step: Transition, initial: str, steps: Iterable[Transition]) -> list[str]:
    """Return the verbs that lead from a new row to the end of a step; empty if none do."""
    of_field = [each for each in steps if each.field == step.field]
    ways: dict[str, list[str]] = {initial: []}
    rest = [initial]
    while rest:
        state = rest.pop(0)
        for each in of_field:
            if state in each.sources and each.target not in ways:
                ways[each.target] = [*ways[state], each.verb]
                rest.append(each.target)
    found = [[*ways[source], step.verb] for source in step.sources if source in ways]
    return min(found, key=len, default=[])
