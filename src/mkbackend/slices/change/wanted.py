"""The resource that a change asks for, from its words; its errors name the invalid word. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mkbackend.errors import BadInputError
from mkbackend.slices.change.kinds import pending_of
from mkbackend.slices.change.rename import renamed
from mkbackend.slices.names import require_free_for_relations
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.grammar import parse, require_free_ranges
from mkbackend.slices.resource.pending import DROP, Pending
from mkbackend.slices.resource.possible import require_possible
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref
from mkbackend.system.programs import typed


@dataclass(frozen=True)
class Wish:
    """The arguments of `mkbackend change`.

    Attributes:
        fields: words of fields as they shall be.
        fill: the value in place of null of a field that becomes required.
        renames: words OLD:NEW.
        drops: the names of fields.
    """

    fields: tuple[str, ...] = ()
    fill: str | None = None
    renames: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is asked for."""
        return not (self.fields or self.renames or self.drops)


def wanted(old: Resource, wish: Wish) -> Resource:
    """Return the resource after the change, with what waits for the contract."""
    new = old
    for name in wish.drops:
        new = _dropped(new, name)
    for word in wish.renames:
        before, colon, label = word.partition(":")
        if not (before and colon and label):
            raise BadInputError(f"--rename {word} is not valid.", "Use --rename guests:visitors.")
        new = renamed(new, _field(new, before, "--rename"), label)
    used = False
    for word in wish.fields:
        new, fills = _changed(new, word, wish.fill)
        if fills and used:
            raise BadInputError(f"--fill {wish.fill}: several fields become required.", "Change one after the other.")
        used = used or fills
    if wish.fill is not None and not used:
        raise BadInputError(f"--fill {wish.fill}: no field becomes required.", "Omit it.")
    require_possible(new, old)
    return _checked(new)


def dropped_with(old: Resource, names: Iterable[str]) -> list[str]:
    """Return the constraints and steps that go with fields, as the options of `add` have them."""
    columns = [_field(old, name, "--drop").name for name in names]
    return [*dict.fromkeys(word for column in columns for word in old.mentions(column))]


def _dropped(old: Resource, name: str) -> Resource:
    """Return the resource without a field, and without the constraints and steps that mention it."""
    field = _field(old, name, "--drop")
    if isinstance(field, Many):
        raise field.refuse("a link is a table.", "Remove its routes by hand, and drop the table in a later migration.")
    if isinstance(field, Ref) and not field.null:
        raise field.refuse(
            "the previous release could not read rows without it.",
            f"Release {typed('mkbackend', 'change', old.name, f'{field.word}:null')} first, then drop it.",
        )
    for other in old.fields:
        if other.after in (field.label, field.name) and other is not field:
            raise field.refuse(
                f"{other.word} comes after it.", f"First {typed('mkbackend', 'change', old.name, without_after(other))}"
            )
    place = old.columns.index(field)
    return replace(
        old,
        fields=tuple(each for each in old.fields if each is not field),
        uniques=tuple(group for group in old.uniques if field.name not in group),
        no_overlaps=tuple(each for each in old.no_overlaps if field.name not in each.columns),
        transitions=tuple(step for step in old.transitions if step.field != field.name),
        pending=(*old.pending, Pending(DROP, field, place=place)),
    )


def without_after(field: FieldType) -> str:
    """Return the word of a field that comes after no other."""
    return re.sub(r":after/\w+", "", field.word)


def _changed(old: Resource, word: str, fill: str | None) -> tuple[Resource, bool]:
    """Return the resource with one field as the word has it, and whether `fill` is used."""
    label = re.split("[:=]", word)[0]
    field = _field(old, label, word)
    new = parse_field(_complete(field, word))
    if new.word == field.word:
        raise new.refuse(f"{old.name} has this field already.", "Change a modifier, its type or its default.")
    new, waiting = pending_of(field, new, fill)
    if new.column != field.column:
        _require_alone(old, field, word)
    fields = tuple(new if each is field else each for each in old.fields)
    fills = fill is not None and any(each.fill == fill for each in waiting)
    return replace(old, fields=fields, pending=old.pending + waiting), fills


def _require_alone(old: Resource, field: FieldType, word: str) -> None:
    """Raise BadInputError if a constraint has the column that another replaces: two would have to agree."""
    groups = [*old.uniques, *(each.columns for each in old.no_overlaps), *old.orders]
    if field.unique or any(field.name in group for group in groups):
        raise BadInputError(
            f"{word}: {field.word} is unique or part of a constraint, which two columns cannot share.",
            "Add a new field with the constraint, fill it, then --drop this one.",
        )


def _complete(field: FieldType, word: str) -> str:
    """Return a whole word: with the present values of an enum before more, and with the present column."""
    head, equals, default = word.partition("=")
    label, *parts = head.split(":")
    kind, *args = parts[0].split("/") if parts else [""]
    if isinstance(field, Enum) and kind == "enum" and any(arg[:1] in ("+", "-") for arg in args):
        if gone := [arg for arg in args if not arg.startswith("+")]:
            raise BadInputError(
                f"{word}: {gone[0]!r} is no new value; rows may have it, so none can be removed.",
                f"Use +VALUE: {label}:enum/+archived. To retire one, refuse it in the service by hand.",
            )
        if len(parts) > 1 or equals:
            raise BadInputError(f"{word}: + adds values only.", f"Change the rest apart: {field.word}")
        values = "/".join([*field.args, *(arg[1:] for arg in args)])
        return field.word.replace("/".join(["enum", *field.args]), f"enum/{values}", 1)
    if field.column != field.name and not any(part.startswith("column/") for part in parts):
        head = f"{head}:column/{field.column}"
    return f"{head}{equals}{default}"


def _field(old: Resource, name: str, word: str) -> FieldType:
    """Return a field by its name; raise BadInputError if there is none, or if it waits for a contract."""
    field = next((each for each in old.fields if name in (each.label, each.name)), None)
    waiting = next((each for each in old.pending if name in (each.label, each.was.label)), None)
    if waiting:
        raise BadInputError(
            f"{word}: {waiting.words} once the previous release is gone, which has not happened.",
            f"When it is: {typed('mkbackend', 'change', old.name, '--contract')}",
        )
    if field is None:
        known = ", ".join(each.label for each in old.fields)
        raise BadInputError(f"{word}: {old.name} has no field {name!r}.", f"Fields: {known}. mkbackend add adds one.")
    return field


def _checked(new: Resource) -> Resource:
    """Return the resource if its words describe it, as the words of `add` do."""
    if not [each for each in new.columns if not each.readonly]:
        raise BadInputError(f"{new.name} would have no field that requests set.", f"mkbackend remove {new.name}")
    described = Description(
        new.name,
        tuple(field.word for field in new.fields),
        new.plural,
        None,
        "+".join(new.rights.read),
        "+".join(new.rights.write),
        new.soft_delete,
        tuple("+".join(group) for group in new.uniques),
        tuple(each.word for each in new.no_overlaps),
        tuple(word for step in new.transitions for word in step.words),
    )
    found = parse(described)
    if new.pending:
        require_free_for_relations(new.name)
    if new.edition >= 2:
        require_free_ranges(found.columns)
    return replace(found, edition=new.edition, pending=new.pending)
