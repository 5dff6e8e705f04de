"""Completion of resources, fields and access rules; it prints no errors and imports little."""

from collections.abc import Iterator
from pathlib import Path

import typer


def resources(context: typer.Context, incomplete: str) -> list[str]:
    """Return the resources of the project, from the records of `add`."""
    project = context.params.get("project") or Path()
    records = Path(project, ".mkbackend").glob("*.toml")
    return sorted(path.stem for path in records if path.stem.startswith(incomplete))


def fields(context: typer.Context, incomplete: str) -> list[str]:
    """Return the types after `NAME:`, and the modifiers after the type; a reference ends with a resource."""
    # bash splits words at colons, and replaces only what follows the last one.
    typed, is_split = incomplete, False
    for word in reversed(context.params.get("fields") or ()):
        if word != ":" and not typed.startswith(":"):
            break
        typed, is_split = word + typed, True
    begun, colon, last = typed.rpartition(":")
    words = [word for word in _words(context, begun.split(":")) if word.startswith(last)] if colon else []
    return words if is_split else [f"{begun}:{word}" for word in words]


def _words(context: typer.Context, begun: list[str]) -> Iterator[str]:
    """Return the types after a field's name, or the modifiers that its type may have."""
    from mkbackend.slices.grammar import MODIFIERS
    from mkbackend.slices.types import TYPES

    if len(begun) > 1:
        yield from (word for word, type_ in MODIFIERS.items() if type_ in {"", begun[1].partition("/")[0]})
        return
    yield from (name for name in TYPES if name != "ref")
    yield from (f"ref/{name}" for name in ("user", *resources(context, "")))


def auths(incomplete: str) -> list[str]:
    """Return the access rules of resources."""
    from mkbackend.slices.resource import AUTHS

    return [auth for auth in AUTHS if auth.startswith(incomplete)]
