"""Context of single parts of a slice: rights, constraints, links, nested lists and steps."""

from collections.abc import Iterable, Mapping
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.constraints import RANGES
from mkbackend.slices.resource import Resource
from mkbackend.slices.rights import OWNER, PUBLIC, USER, Rights
from mkbackend.slices.states import Transition
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref

# The maximum length of a constraint's name and message on one line.
_LINE = 72
_CALLER = "caller: CurrentCaller, "


def rights_of(resource: Resource, refers_to_own: bool) -> dict[str, Any]:
    """Return the guards of the routes, and who is passed to the use cases; `write`: those with references."""
    rights, owner = resource.rights, resource.owner
    asked = bool(owner) or refers_to_own
    guard = _guard(rights.write, rights.writers)
    return {
        "auth": rights.auth,
        "says_rights": _says(rights),
        "public": rights.is_public,
        "owner": owner,
        "private": rights.private,
        "per_owner": resource.is_unique_per_owner,
        # Others see the rows, so a change by them is refused, not hidden.
        "forbids": rights.owned and rights.read != rights.write,
        "reader": "" if rights.is_public else _guard(rights.read, rights.readers),
        "writer": guard.replace("_:", "caller:") if asked else guard,
        "deleter": guard,
        "read_parameter": ", caller: Caller" if rights.private else "",
        "read_passed": ", caller" if rights.private else "",
        "read_ada": ", ADA" if rights.private else "",
        "write_parameter": ", caller: Caller" if asked else "",
        "write_passed": ", caller" if asked else "",
        "write_ada": ", ADA" if asked else "",
        "delete_parameter": ", caller: Caller" if owner else "",
        "delete_passed": ", caller" if owner else "",
        "delete_ada": ", ADA" if owner else "",
        "require_own": f"await self._require_own(caller, {resource.name}_id)"
        if rights.read != rights.write
        else f"await self.get_{resource.name}({resource.name}_id, caller)",
        "sees_all": _has_role(rights.readers),
        "writes_all": _has_role(rights.writers),
        "allowed": _allowed(rights),
        "who": "user" if rights.owned or rights.write == (USER,) else "admin",
        "role_sets": sorted({alias_of(roles): members_of(roles) for roles in _shared(rights)}.items()),
    }


def guard_of(read: tuple[str, ...]) -> str:
    """Return the parameter of a handler that requires one of the readers; empty if anyone may read."""
    rights = Rights(read, read)
    return "" if rights.is_public else _guard(read, rights.readers)


def _guard(words: tuple[str, ...], roles: tuple[str, ...]) -> str:
    if OWNER in words:
        return _CALLER
    return f"_: {alias_of(roles)}, " if roles else "_: CurrentCaller, "


def alias_of(roles: Iterable[str]) -> str:
    """Return the annotation of a caller with one of these roles: AdminUser, AdminOrModerator."""
    found = list(roles)
    return "AdminUser" if found == ["admin"] else "Or".join(map(names.class_of, found))


def members_of(roles: Iterable[str]) -> str:
    """Return the members of Role, as arguments."""
    return ", ".join(f"Role.{role.upper()}" for role in roles)


def _shared(rights: Rights) -> list[tuple[str, ...]]:
    """Return the sets of roles that a router needs an annotation for."""
    sets = [(rights.read, rights.readers), (rights.write, rights.writers)]
    return [roles for words, roles in sets if len(roles) > 1 and OWNER not in words]


def _has_role(roles: tuple[str, ...]) -> str:
    """Return the condition that a caller has one of the roles."""
    if len(roles) > 1:
        return f"caller.role in ({members_of(roles)})"
    return "caller.role == Role.ADMIN"


def _allowed(rights: Rights) -> str:
    """Return the line of a test that says which roles are allowed what."""
    write = _may(rights.write, rights.writers)
    read = "True" if rights.is_public else _may(rights.read, rights.readers)
    return f"may_write = may_read = {write}" if read == write else f"may_write, may_read = {write}, {read}"


def _may(words: tuple[str, ...], roles: tuple[str, ...]) -> str:
    """Return the condition, in a test, that a role is allowed."""
    if OWNER in words or not roles:
        return "role is not None"
    return f"role in ({members_of(roles)})" if len(roles) > 1 else "role == Role.ADMIN"


def _says(rights: Rights) -> str:
    """Return the rights as the router names them."""
    short = {
        "public": "public reads, signed-in writes",
        "user": "any signed-in user",
        "owner": "owners only; admins see all",
        "admin": "admins only",
        "catalogue": "public reads, admins write",
    }
    return short.get(rights.auth) or f"{_people(rights.read)} read, {_people(rights.write)} write"


def _people(words: tuple[str, ...]) -> str:
    if words in ((PUBLIC,), (USER,)):
        return {PUBLIC: "anyone may", USER: "signed-in users"}[words[0]]
    roles = [f"{names.words_of(word)}s" for word in words if word not in (OWNER, "admin")]
    return _and([*(["owners"] if OWNER in words else []), *roles, "admins"])


def constraints_of(columns: list[FieldType], resource: Resource) -> dict[str, Any]:
    """Return the constraints over several columns."""
    by_name = {column.name: column for column in columns}
    table = resource.plural
    groups = [[by_name[name] for name in group] for group in resource.uniques]
    together = _together(resource.orders)
    return {
        "together": {name: sorted(together[name]) for name in sorted(together)},
        "groups": [
            {
                "name": f"uq_{table}_{'_'.join(column.column for column in group)}",
                "columns": group,
                "whole": _quoted(name for column in group for name in together.get(column.name, [column.name])),
                "message": f"This {_and([column.words for column in group])} are taken",
            }
            for group in groups
        ],
        "overlaps": [
            {
                "name": f"ex_{table}_{'_'.join(by_name[name].column for name in each.columns)}",
                "same": (same := [by_name[name] for name in each.same]),
                "start": by_name[each.start],
                "end": by_name[each.end],
                "range": RANGES[by_name[each.start].type],
                "message": f"This {_and([column.words for column in same])} is taken in this range"
                if same
                else "This range is taken",
            }
            for each in resource.no_overlaps
        ],
        "order_checks": [
            {
                "name": f"ck_{table}_{by_name[after].column}_after_{by_name[before].column}",
                "before": by_name[before],
                "after": by_name[after],
                "wrong": f"must be after {by_name[before].words}",
                "conflict": f"{by_name[after].words.capitalize()} must be after {by_name[before].words}",
            }
            for before, after in resource.orders
        ],
    }


def _together(orders: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the columns that are in one order with each ordered column."""
    found: dict[str, set[str]] = {}
    for pair in orders:
        joined = set(pair).union(*(found.get(name, set()) for name in pair))
        found |= dict.fromkeys(joined, joined)
    return found


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in dict.fromkeys(columns))


def conflicts_of(
    columns: list[FieldType], links: Iterable[Mapping[str, Any]], resource: Resource
) -> list[tuple[str, str, str]]:
    """Return the constraints that a caller can violate, with their messages and Bandit comments."""
    table = resource.plural
    unique = [column for column in columns if column.unique or column.soon_unique]
    found = [(f"uq_{table}_{column.column}", column.taken, "It is taken") for column in unique]
    found += [(column.foreign_key(table), column.gone, "Not found") for column in columns if isinstance(column, Ref)]
    more = constraints_of(columns, resource)
    found += [(each["name"], each["message"], "It is taken") for each in more["groups"] + more["overlaps"]]
    found += [(each["name"], each["conflict"], "Wrong order") for each in more["order_checks"]]
    found += [(each["key"], f"One of the {each['words']} no longer exists", "Not found") for each in links]
    conflicts = []
    for name, message, short in found:
        comment = "  # nosec B105" if names.SECRET.search(name) else ""
        fits = len(name) + len(message) + len(comment) < _LINE
        conflicts.append((name, message if fits else short, comment))
    return conflicts


def link_of(link: Many, target: Target, resource: Resource) -> dict[str, Any]:
    """Return the names of a link, and the guards of its routes; callers may link to their own rows only."""
    rights, private = resource.rights, target.private
    reader = "" if rights.is_public else _guard(rights.read, rights.readers)
    if private:
        reader = (reader or _CALLER).replace("_:", "caller:")
    table = f"{resource.name}_{link.label}"
    return {
        "label": link.label,
        "words": names.words_of(link.label),
        "cls": names.class_of(resource.name) + names.class_of(link.label),
        "path": names.path_of(link.label),
        "table": table,
        "key": f"fk_{table}_{link.target_id}_{target.table}",
        "own_key": f"fk_{table}_{resource.name}_id_{resource.plural}",
        "own_id": f"{resource.name}_id",
        "target": target,
        "target_id": link.target_id,
        "target_ids": link.target_ids,
        "private": private,
        "any": ", None" if private else "",
        "public": "" if reader else ", openapi_extra=PUBLIC",
        "reader": reader,
        "writer": _guard(rights.write, rights.writers).replace("_:", "caller:" if private else "_:"),
        "read_parameter": ", caller: Caller" if private or rights.private else "",
        "read_passed": ", caller" if private or rights.private else "",
        "read_ada": ", ADA" if private or rights.private else "",
        "write_parameter": ", caller: Caller" if private or resource.owner else "",
        "write_passed": ", caller" if private or resource.owner else "",
        "write_ada": ", ADA" if private or resource.owner else "",
    }


def nested_of(ref: Ref, resource: Resource, targets: Mapping[str, Target]) -> dict[str, Any]:
    """Return the names of a list below the row that a reference leads to, and its guards: those of both sides."""
    parent = ref.args[0]
    itself = parent == resource.name
    children = itself and ref.label == "parent"
    below = "/children" if children else names.path_of(resource.plural)
    target = targets[parent]
    rights = resource.rights
    above = Rights(rights.read if itself else target.read, rights.read if itself else target.read)
    reader = "" if rights.is_public else _guard(rights.read, rights.readers)
    if not reader and not above.is_public:
        reader = "_: CurrentCaller, "
    if above.private:
        reader = reader.replace("_:", "caller:")
    roles = above.readers if not (above.private or itself) else ()
    needed = f", dependencies=[Depends(require_role({members_of(roles)}))]" if roles else ""
    return {
        "ref": ref,
        "itself": itself,
        "children": children,
        "parent": parent,
        "parent_cls": names.class_of(parent),
        "parent_service": f"{parent}_service",
        "parent_id": f"{parent}_id",
        "parent_passed": ", caller" if above.private else "",
        "path": f"{names.path_of(target.table)}/{{{parent}_id}}{below}",
        "handler": f"list_{resource.plural}_of_{ref.label}",
        "says": "children" if children else names.words_of(resource.plural),
        "a": names.with_article(parent),
        "guard": reader,
        "private": above.private,
        "parent_owner": resource.owner if itself else target.owner,
        "options": needed + ("" if reader or roles else ", openapi_extra=PUBLIC"),
    }


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


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
