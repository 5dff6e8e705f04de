"""`mkbackend remove`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.complete import resources
from mkbackend.cli.run import AS_JSON, VERBOSE, reported


def remove(
    name: Annotated[str, typer.Argument(help="Name of the resource.", autocompletion=resources)],
    force: Annotated[bool, typer.Option("--force", help="Also remove files that you edited.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Allow uncommitted changes.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Remove a resource that add wrote, except files that you edited.

    If its migration may have been applied, a new migration drops the table.

    Examples:

    \b
    mkbackend remove article --dry-run
    mkbackend remove article
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.slices.remove import Request
        from mkbackend.slices.remove import remove as run

        run(Request(name, project, force, dry_run, allow_dirty), screen)
