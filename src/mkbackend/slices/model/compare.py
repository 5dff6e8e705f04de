"""Comparison of a model file with the records of a project. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mkbackend.errors import BadInputError
from mkbackend.slices.model.model import Wanted
from mkbackend.slices.record import Record
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse, resource_of
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.string import String
from mkbackend.system.programs import typed


@dataclass(frozen=True)
class Plan:
    """The differences between a model file and a project.

    Attributes:
        new: resources that the project lacks.
        extended: resources with more fields, constraints or steps in the file, and a description of these alone.
        absent: resources that the file lacks.
    """

    new: list[Resource]
    extended: list[tuple[Record, Description]]
    absent: list[Record]


@dataclass(frozen=True)
class _Difference:
    """A change that `apply` does not make, and the command or the advice for it."""

    text: str
    command: str = ""
    advice: str = ""


def compare(wanted: Sequence[Wanted], records: Iterable[Record]) -> Plan:
    """Return the plan; raise BadInputError for an invalid resource, or a change that `apply` does not make."""
    known = {record.resource.name: record for record in records}
    new: list[Resource] = []
    extended: list[tuple[Record, Description]] = []
    differences: list[_Difference] = []
    for each in wanted:
        name = each.description.name
        if name not in known:
            new.append(resource_of(each.description))
            continue
        there = parse(each.description)
        differences += _differences(known[name].resource, there, each)
        more = _more(known[name].resource, there)
        if more != Description(name):
            extended.append((known[name], more))
    _require_none(differences)
    names = {each.description.name for each in wanted}
    return Plan(new, extended, [record for name, record in known.items() if name not in names])


def _require_none(differences: Sequence[_Difference]) -> None:
    """Raise BadInputError with all differences, and their commands on one line to copy."""
    if not differences:
        return
    commands = " && ".join(dict.fromkeys(each.command for each in differences if each.command))
    raise BadInputError(
        f"apply only adds, and the file changes what exists: {'; '.join(each.text for each in differences)}.",
        commands or differences[0].advice,
    )


def _differences(old: Resource, new: Resource, wanted: Wanted) -> list[_Difference]:
    """Return what the file changes or lacks of a resource."""
    return [*_of_options(old, new), *_of_fields(old, new, wanted), *_of_lists(old, new)]


def _of_options(old: Resource, new: Resource) -> list[_Difference]:
    advice = f"Undo it in the file; or mkbackend remove {old.name}, which drops its rows, then apply."
    pairs = {
        "plural": (old.plural, new.plural),
        "read": ("+".join(old.rights.read), "+".join(new.rights.read)),
        "write": ("+".join(old.rights.write), "+".join(new.rights.write)),
        "soft_delete": (str(old.soft_delete).lower(), str(new.soft_delete).lower()),
    }
    return [
        _Difference(f"{old.name} has {key} = {before}, in the file {after}", advice=advice)
        for key, (before, after) in pairs.items()
        if before != after
    ]


def _of_fields(old: Resource, new: Resource, wanted: Wanted) -> list[_Difference]:
    """Return the fields that the file renames, changes or lacks."""
    name, there = old.name, {field.name: field for field in new.fields}
    renamed = {was: label for label, was in wanted.was.items() if label not in [field.label for field in old.fields]}
    found = []
    for field in old.fields:
        if to := renamed.get(field.label):
            command = typed("mkbackend", "change", name, "--rename", f"{field.label}:{to}")
            found.append(_Difference(f"{name} has {field.label}, in the file {to}", command))
        elif field.name not in there:
            command = typed("mkbackend", "change", name, "--drop", field.label)
            found.append(_Difference(f"{name} has {field.word}, which the file lacks", command))
        elif not _is_same(field, there[field.name]):
            word = there[field.name].word
            command = typed("mkbackend", "change", name, word)
            found.append(_Difference(f"{name} has {field.word}, in the file {word}", command))
    return found


def _of_lists(old: Resource, new: Resource) -> list[_Difference]:
    """Return the constraints and steps that the file lacks."""
    before, after = _lists(old), _lists(new)
    return [
        _Difference(f"{old.name} has {key} {word}, which the file lacks", advice="Write it in the file.")
        for key in before
        for meaning, word in before[key].items()
        if meaning not in after[key]
    ]


def _more(old: Resource, new: Resource) -> Description:
    """Return a description of what the file adds to a resource."""
    names = {field.name for field in old.fields}
    before, after = _lists(old), _lists(new)
    more = {key: tuple(word for meaning, word in after[key].items() if meaning not in before[key]) for key in after}
    return Description(
        old.name,
        tuple(field.word for field in new.fields if field.name not in names),
        unique=more["unique"],
        no_overlap=more["no_overlap"],
        transitions=more["transitions"],
    )


def _is_same(old: FieldType, new: FieldType) -> bool:
    """Return whether two fields mean the same; the column that `change` kept matters only if the file names one."""
    columns = {word for word in old.modifiers if word.startswith("column/")}
    if not any(word.startswith("column/") for word in new.modifiers):
        old = replace(old, modifiers=old.modifiers - columns)
    return _meaning(old) == _meaning(new)


def _meaning(field: FieldType) -> FieldType:
    """Return a field in its usual form: the order of modifiers, and a value that is the usual one, mean nothing."""
    args = field.args or ((str(field.longest),) if isinstance(field, String) else ())
    return replace(field, word="", args=args)


def _lists(resource: Resource) -> dict[str, dict[Any, str]]:
    """Return the words of constraints and steps by key of a description, each by its meaning."""
    return {
        "unique": {frozenset(columns): "+".join(columns) for columns in resource.uniques},
        "no_overlap": {(frozenset(each.same), each.start, each.end): each.word for each in resource.no_overlaps},
        "transitions": {
            (step.field, source, step.target, step.verb): word
            for step in resource.transitions
            for source, word in zip(step.sources, step.words, strict=True)
        },
    }
