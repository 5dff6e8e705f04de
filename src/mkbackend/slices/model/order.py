"""The order in which new resources are created: each after those that it refers to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref


@dataclass(frozen=True)
class Creation:
    """A resource to create, `first` without the references that lead to a later one."""

    resource: Resource
    first: Resource

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is left for later."""
        return self.first == self.resource


def in_order(resources: Sequence[Resource]) -> list[Creation]:
    """Return resources in the order of their references; raise BadInputError for a circle that has no beginning."""
    left = {each.name: Creation(each, each) for each in resources}
    ordered: list[Creation] = []
    while left:
        needs = {name: _needs(each.first) & {*left} for name, each in left.items()}
        if free := next((name for name in left if not needs[name]), ""):
            ordered.append(left.pop(free))
            continue
        name, first = _opened(left, needs)
        left[name] = replace(left[name], first=first)
    return ordered


def _needs(resource: Resource) -> set[str]:
    """Return the other resources that a resource refers to."""
    return {each.args[0] for each in resource.fields if isinstance(each, Ref | Many)} - {resource.name}


def _opened(left: dict[str, Creation], needs: dict[str, set[str]]) -> tuple[str, Resource]:
    """Return a resource of a circle without its references to the others of the circle, which can be added later."""
    circles = {name: _circle(name, needs) for name in left}
    for name, circle in circles.items():
        first = left[name].first
        later = [each for each in first.fields if isinstance(each, Ref | Many) and each.args[0] in circle - {name}]
        rest = _without(first, later)
        if later and all(_can_wait(each, first) for each in later) and _can_stand(rest):
            return name, rest
    names = next(sorted(circle) for circle in circles.values() if circle)
    raise BadInputError(
        f"{' and '.join(names)} refer to each other, so none of them can be the first.",
        f"Make a reference of {names[0]} to {' or '.join(names[1:])} nullable: add :null.",
    )


def _circle(name: str, needs: dict[str, set[str]]) -> set[str]:
    """Return the resources from which references lead to this one and back; empty if there are none."""
    reached = {each: _reached(each, needs) for each in needs}
    return {each for each in reached[name] if name in reached[each]}


def _reached(name: str, needs: dict[str, set[str]]) -> set[str]:
    seen, rest = set[str](), needs[name]
    while rest:
        seen |= rest
        rest = {end for each in rest for end in needs[each]} - seen
    return seen


def _can_wait(field: FieldType, resource: Resource) -> bool:
    """Return whether a field can be added to an existing table."""
    overlaps = {name for each in resource.no_overlaps for name in each.columns}
    return isinstance(field, Many) or (field.null and field.name not in overlaps)


def _without(resource: Resource, fields: Sequence[FieldType]) -> Resource:
    """Return a resource without some fields, and the constraints on them."""
    names = {field.name for field in fields}
    return replace(
        resource,
        fields=tuple(field for field in resource.fields if field not in fields),
        uniques=tuple(columns for columns in resource.uniques if not names.intersection(columns)),
    )


def _can_stand(resource: Resource) -> bool:
    """Return whether a resource has a field that requests set, as every slice needs."""
    return any(not column.readonly for column in resource.columns)
