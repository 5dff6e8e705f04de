"""Context of a slice's templates, derived from a resource and the targets of its references."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.types.text import Text

# The maximum length of a constraint's name and message on one line.
_LINE = 72
_CALLER = "caller: CurrentCaller, "


def view(resource: Resource, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the context of the templates; `targets` has the targets of all refs."""
    columns = columns_of(resource, targets)
    return {
        **_names(resource),
        **_chosen(columns, resource),
        **_guards(resource, any(column.leads_to_own for column in columns)),
        "columns": columns,
        "imports": sorted({line for column in columns for line in column.imports}),
        "auth": resource.auth,
        "owner": resource.auth == "owner",
        "edition": resource.edition,
        "per_owner": resource.is_unique_per_owner,
        "soft": resource.soft_delete,
        "delete": "soft_delete" if resource.soft_delete else "hard_delete",
        "alive": _alive(resource),
        "conflicts": _conflicts(columns, resource),
        "orders": ["created_at", "updated_at", *(column.name for column in columns if column.sortable)],
    }


def columns_of(resource: Resource, targets: Mapping[str, Target]) -> list[FieldType]:
    """Return the fields of a resource with their owner and targets."""
    owner = names.class_of(resource.name)
    found = []
    for field in resource.fields:
        target = targets[field.args[0]] if isinstance(field, Ref) else Target()
        own = _must_be_own(target, resource)
        found.append(replace(field, owner=owner, target=target, leads_to_own=own))
    return found


def _must_be_own(target: Target, resource: Resource) -> bool:
    """Return whether callers may refer only to their own rows, as if others did not exist."""
    if resource.edition < 2:
        return target.owned and resource.auth == "owner"
    return target.private and resource.auth != "admin"


def _names(resource: Resource) -> dict[str, str]:
    return {
        "name": resource.name,
        "plural": resource.plural,
        "cls": names.class_of(resource.name),
        "words": names.words_of(resource.name),
        "plural_words": names.words_of(resource.plural),
        "a": names.with_article(resource.name),
        "path": names.path_of(resource.plural),
        "log_id": "row_id" if resource.name in names.LOGGED else f"{resource.name}_id",
    }


def _chosen(columns: list[FieldType], resource: Resource) -> dict[str, Any]:
    """Return the subsets of columns that parts of the templates use."""
    refs = [column for column in columns if isinstance(column, Ref)]
    ranges = [column for column in columns if column.ranged and resource.edition >= 2]
    searched = [column for column in columns if isinstance(column, Text) and column.searchable]
    modules = sorted({column.target.module for column in refs} - {resource.name, "user"})
    return {
        "refs": refs,
        # The column that tests change, preferably not a reference.
        "changed": next((column for column in columns if column not in refs), columns[0]),
        # References to private rows: only their owner may use them.
        "own_refs": (own := [column for column in refs if column.leads_to_own]),
        "own_modules": sorted({column.target.module for column in own} - {resource.name}),
        "any": ", None" if own else "",
        "required_refs": [column for column in refs if column.is_required_ref],
        "targets": sorted(
            {(column.target.module, column.target.model) for column in refs if column.target.module != resource.name}
        ),
        # The target that tests refer to: a new one each time if the reference is unique.
        "each": (each := any(column.unique for column in refs if column.is_required_ref)),
        "known": "next(KNOWN)" if each else "KNOWN",
        "needed": sorted({column.target.module for column in refs if column.is_required_ref} - {"user"}),
        "others": modules,
        "self_ref": resource.name in {column.target.module for column in refs},
        "enums": [column for column in columns if isinstance(column, Enum)],
        "uniques": [column for column in columns if column.unique],
        "indexed": [
            column for column in columns if not column.has_index and ("index" in column.modifiers or column in ranges)
        ],
        "ranges": ranges,
        "filters": [column for column in columns if column.filterable],
        "searched": searched,
        "hidden": max(searched, key=lambda column: column.length, default=None),
        "numbered": any("number" in column.sample for column in columns if not column.is_required_ref),
        "defaults": [column for column in columns if column.default],
    }


def _guards(resource: Resource, refers_to_own: bool) -> dict[str, str]:
    """Return the parameters of handlers and use cases that check the caller; `write`: of those with references."""
    guard = {"owner": _CALLER, "admin": "_: AdminUser, "}.get(resource.auth, "_: CurrentCaller, ")
    owner = resource.auth == "owner"
    asked = owner or refers_to_own
    return {
        "writer": _CALLER if asked else guard,
        "deleter": guard,
        "reader": "" if resource.auth == "public" else guard,
        "caller_parameter": ", caller: Caller" if owner else "",
        "passed": ", caller" if owner else "",
        "ada": ", ADA" if owner else "",
        "write_parameter": ", caller: Caller" if asked else "",
        "write_passed": ", caller" if asked else "",
        "write_ada": ", ADA" if asked else "",
        "who": "admin" if resource.auth == "admin" else "user",
    }


def _alive(resource: Resource) -> str:
    """Return the argument that restricts an index to rows that are not deleted."""
    if not resource.soft_delete:
        return ""
    return f"postgresql_where={names.class_of(resource.name)}.deleted_at.is_(None),"


def _conflicts(columns: list[FieldType], resource: Resource) -> list[tuple[str, str, str]]:
    """Return the constraints that a caller can violate, with their messages and Bandit comments."""
    table = resource.plural
    found = [(f"uq_{table}_{column.name}", column.taken, "It is taken") for column in columns if column.unique]
    found += [(column.foreign_key(table), column.gone, "Not found") for column in columns if isinstance(column, Ref)]
    conflicts = []
    for name, message, short in found:
        comment = "  # nosec B105" if names.SECRET.search(name) else ""
        fits = len(name) + len(message) + len(comment) < _LINE
        conflicts.append((name, message if fits else short, comment))
    return conflicts
