"""The survey of a project as it will be after planned changes, so that several can be planned before any is written."""

from dataclasses import replace

from mkbackend.slices.disk import Changes
from mkbackend.slices.names import class_of, path_of
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.survey import MODELS, Survey
from mkbackend.slices.types.field import Target
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref


def with_slice(found: Survey, resource: Resource, steps: Changes) -> Survey:
    """Return the survey after the steps that create a resource, or add fields to it."""
    name, table = resource.name, resource.plural
    model = f"{MODELS}/{name}.py"
    target = Target(
        name,
        class_of(name),
        table,
        resource.owner,
        private=resource.rights.private,
        added=True,
        read=resource.rights.read,
    )
    models = {**found.models, name: target}
    tables = [table, *(f"{name}_{link.label}" for link in resource.links)]
    return replace(
        found,
        models=models,
        tables={**found.tables, **dict.fromkeys(tables, model)},
        leads={**found.leads, **dict.fromkeys(tables, _led_to(resource, models))},
        routes={**found.routes, path_of(table): f"app/api/v1/{name}_router.py"},
        planned={**found.planned, **steps},
    )


def without_slice(found: Survey, resource: Resource, steps: Changes) -> Survey:
    """Return the survey after the steps that remove a resource, of which an edited file may remain."""
    gone = {path for path, text in steps.items() if text is None}
    tables = {table: path for table, path in found.tables.items() if path not in gone}
    return replace(
        found,
        models={name: target for name, target in found.models.items() if target.table in tables},
        tables=tables,
        leads={table: ends for table, ends in found.leads.items() if table in tables},
        routes={route: path for route, path in found.routes.items() if path not in gone},
        records=[known for known in found.records if known.resource.name != resource.name],
        planned={**found.planned, **steps},
    )


def _led_to(resource: Resource, models: dict[str, Target]) -> set[str]:
    """Return the tables that a resource, or the table of one of its links, refers to."""
    names = {field.args[0] for field in resource.fields if isinstance(field, Ref | Many)}
    own = {*(["users"] if resource.owner else []), *([resource.plural] if resource.links else [])}
    return {models[name].table for name in names} | own
