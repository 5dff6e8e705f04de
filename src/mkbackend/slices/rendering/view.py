"""Context of a slice's templates, derived from a resource and the targets of its references."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.rendering.constraints import conflicts_of, constraints_of
from mkbackend.slices.rendering.guards import rights_of
from mkbackend.slices.rendering.kept import kept_of
from mkbackend.slices.rendering.relations import link_of, nested_of
from mkbackend.slices.rendering.steps import steps_of
from mkbackend.slices.resource.constraints import ranks
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import ADMIN
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.types.text import Text

# Subsets of columns whose names templates list.
_QUOTED = ("given_refs", "own_refs", "required_refs", "ranges", "known_ranges", "filters", "uniques")


def view(resource: Resource, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the context of the templates; `targets` has the targets of all refs."""
    columns = columns_of(resource, targets)
    return {
        **_names(resource),
        **(chosen := _chosen(columns, resource, targets)),
        # Jinja's filters cost more.
        **{f"quoted_{name}": ", ".join(column.quoted for column in chosen[name]) for name in _QUOTED},
        **(related := _relations(columns, resource, targets)),
        **rights_of(resource, bool(chosen["own_refs"])),
        "columns": columns,
        "renamed": any(column.column != column.name for column in columns),
        "writable": [column for column in columns if not column.readonly],
        "set": [column for column in columns if column.readonly],
        "imports": sorted({line for column in columns for line in column.imports}),
        "edition": resource.edition,
        "soft": resource.soft_delete,
        "delete": "soft_delete" if resource.soft_delete else "hard_delete",
        "alive": _alive(resource),
        "conflicts": conflicts_of(columns, related["links"], resource),
        "orders": ["created_at", "updated_at", *(column.name for column in columns if column.sortable)],
        **constraints_of(columns, resource),
        **steps_of(resource, columns),
        "raised": _raised(resource),
        **kept_of(resource, columns, targets),
    }


def columns_of(resource: Resource, targets: Mapping[str, Target]) -> list[FieldType]:
    """Return the columns of a resource with their owner, targets and places in an order."""
    owner, places = names.class_of(resource.name), ranks(resource.orders)
    waiting = {each.label: each for each in resource.pending if each.label}
    found = []
    for field in resource.columns:
        target = targets[field.args[0]] if isinstance(field, Ref) else Target()
        own = _must_be_own(target, resource)
        rank = places.get(field.name, 0)
        column = replace(field, owner=owner, target=target, leads_to_own=own, rank=rank)
        found.append(waiting[field.label].applied(column) if field.label in waiting else column)
    return found


def _must_be_own(target: Target, resource: Resource) -> bool:
    """Return whether callers may refer only to their own rows, as if others did not exist."""
    if resource.edition < 2:
        return bool(target.owner) and resource.rights.private
    return target.private and resource.rights.write != (ADMIN,)


def _names(resource: Resource) -> dict[str, str]:
    return {
        "name": resource.name,
        "plural": resource.plural,
        "cls": names.class_of(resource.name),
        "words": names.words_of(resource.name),
        "plural_words": names.words_of(resource.plural),
        "a": names.with_article(resource.name),
        "title": names.words_of(resource.name).capitalize(),
        "plural_title": names.words_of(resource.plural).capitalize(),
        "path": names.path_of(resource.plural),
        "in_path": f"{{{resource.name}_id}}",
        "log_id": "row_id" if resource.name in names.LOGGED else f"{resource.name}_id",
    }


def _chosen(columns: list[FieldType], resource: Resource, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the subsets of columns that parts of the templates use."""
    refs = [column for column in columns if isinstance(column, Ref)]
    writable = [column for column in columns if not column.readonly]
    ranges = [column for column in columns if column.ranged and resource.edition >= 2]
    # References that two rows of a test may not share.
    shared = {name for each in resource.no_overlaps for name in each.same} | {n for g in resource.uniques for n in g}
    searched = [column for column in columns if isinstance(column, Text) and column.searchable]
    linked = {link.args[0] for link in resource.links}
    modules = sorted({column.target.module for column in refs} - {resource.name, "user"} | linked)
    return {
        "refs": refs,
        "changed": _changed(writable, refs),
        # References to private rows: only their owner may use them.
        "given_refs": (given := [column for column in refs if not column.readonly]),
        "own_refs": (own := [column for column in given if column.leads_to_own]),
        "own_modules": sorted({column.target.module for column in own} - {resource.name}),
        "any": ", None" if own else "",
        "required_refs": [column for column in refs if column.is_required_ref],
        "targets": sorted(
            {(column.target.module, column.target.model) for column in refs if column.target.module != resource.name}
            | {(targets[name].module, targets[name].model) for name in linked}
        ),
        # The target that tests refer to: a new one each time if the reference is unique.
        "each": (each := any(column.unique or column.name in shared for column in refs if column.is_required_ref)),
        "known": "next(KNOWN)" if each else "KNOWN",
        "needed": sorted({column.target.module for column in refs if column.is_required_ref} - {"user"}),
        "others": modules,
        "self_ref": resource.name in {column.target.module for column in refs},
        "enums": [column for column in columns if isinstance(column, Enum)],
        "uniques": (uniques := [column for column in columns if column.unique]),
        "given_uniques": [column for column in uniques if not column.readonly],
        "taken": bool(uniques or resource.uniques or resource.no_overlaps),
        "indexed": [
            column for column in columns if not column.has_index and ("index" in column.modifiers or column in ranges)
        ],
        "ranges": ranges,
        # Those of which a new row has a value.
        "known_ranges": [column for column in ranges if not (column.readonly and column.null)],
        "filters": [column for column in columns if column.filterable],
        "searched": searched,
        "hidden": max(searched, key=lambda column: column.length, default=None),
        "numbered": any("number" in column.sample for column in writable if not column.is_required_ref),
        "set_numbered": any("number" in column.sample for column in columns if column.readonly),
        "server_values": f" | {resource.name}_server_values()" if len(writable) < len(columns) else "",
        # Those that a request may omit, whatever its other fields are.
        "defaults": [column for column in writable if column.default and not column.rank],
    }


def _changed(writable: list[FieldType], refs: list[Ref]) -> FieldType:
    """Return the column that tests change alone: no reference if possible, and the last one of an order."""
    return next((column for column in writable if column not in refs and not column.rank), None) or max(
        writable, key=lambda column: (column not in refs, column.rank)
    )


def _raised(resource: Resource) -> str:
    """Return the exceptions of the service."""
    conflict = ["ConflictException"] if resource.transitions else []
    forbidden = (
        ["ForbiddenException"] if resource.rights.owned and resource.rights.read != resource.rights.write else []
    )
    return ", ".join([*conflict, *forbidden, "InvalidInputException", "NotFoundException"])


def _relations(columns: list[FieldType], resource: Resource, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the links to many rows, the nested lists, and the reference of a tree."""
    links = [link_of(link, targets[link.args[0]], resource) for link in resource.links]
    refs = [column for column in columns if isinstance(column, Ref)]
    parents = [ref for ref in refs if ref.label == "parent" and ref.args[0] == resource.name]
    if resource.edition < 3:
        parents = []
    return {
        "links": links,
        # No request can close a circle of readonly references.
        "tree": next((ref for ref in parents if not ref.readonly), None),
        "nested": [nested_of(ref, resource, targets) for ref in refs if ref.nested or ref in parents],
        "related_modules": sorted(
            {link.args[0] for link in resource.links} | {ref.args[0] for ref in refs if ref.nested} - {resource.name}
        ),
        # Requests have no readonly reference.
        "own_known": any(ref.leads_to_own and not ref.readonly for ref in refs)
        or any(each["private"] for each in links),
    }


def _alive(resource: Resource) -> str:
    """Return the argument that restricts an index to rows that are not deleted."""
    if not resource.soft_delete:
        return ""
    return f"postgresql_where={names.class_of(resource.name)}.deleted_at.is_(None),"
