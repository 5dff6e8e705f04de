"""Context of links and nested lists: names, and the guards of both sides."""

from collections.abc import Mapping
from typing import Any

from mkbackend.slices import names
from mkbackend.slices.rendering.guards import CALLER, guard_of, members_of
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import Rights
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref


def link_of(link: Many, target: Target, resource: Resource) -> dict[str, Any]:
    """Return the names of a link, and the guards of its routes; callers may link to their own rows only."""
    rights, private = resource.rights, target.private
    reader = "" if rights.is_public else guard_of(rights.read, rights.readers)
    if private:
        reader = (reader or CALLER).replace("_:", "caller:")
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
        "writer": guard_of(rights.write, rights.writers).replace("_:", "caller:" if private else "_:"),
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
    reader = "" if rights.is_public else guard_of(rights.read, rights.readers)
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
