"""Context of the rights of a slice: guards of its routes, and what its use cases know of the caller."""

from collections.abc import Iterable
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import OWNER, PUBLIC, USER, Rights

CALLER = "caller: CurrentCaller, "


def rights_of(resource: Resource, refers_to_own: bool) -> dict[str, Any]:
    """Return the guards of the routes, and who is passed to the use cases; `write`: those with references."""
    rights, owner = resource.rights, resource.owner
    asked = bool(owner) or refers_to_own
    guard = guard_of(rights.write, rights.writers)
    return {
        "auth": rights.auth,
        "says_rights": _says(rights),
        "public": rights.is_public,
        "owner": owner,
        "private": rights.private,
        "per_owner": resource.is_unique_per_owner,
        # Others see the rows, so a change by them is refused, not hidden.
        "forbids": rights.owned and rights.read != rights.write,
        "reader": "" if rights.is_public else guard_of(rights.read, rights.readers),
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


def guard_of(words: tuple[str, ...], roles: tuple[str, ...]) -> str:
    """Return the parameter of a handler that requires one of the callers, or knows which one it is."""
    if OWNER in words:
        return CALLER
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
    return joined([*(["owners"] if OWNER in words else []), *roles, "admins"])


def joined(words: list[str]) -> str:
    """Return words as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
