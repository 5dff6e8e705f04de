"""`mkbackend apply`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.run import AS_JSON, VERBOSE, reported


def apply(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The model file.")] = Path("model.toml"),
    prune: Annotated[bool, typer.Option("--prune", help="Remove resources that the file lacks.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and the diff, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Allow uncommitted changes.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Add all resources and fields of a model file that the project lacks, in one step.

    \b
    The file has a table for each:
      [article]
      auth = "owner"
      fields = ["title:str/200"]

    A resource that the file lacks is kept.

    Examples:

    \b
    mkbackend apply model.toml --dry-run
    mkbackend apply model.toml
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.slices.model.apply import Request
        from mkbackend.slices.model.apply import apply as run

        run(Request(file, project, prune, dry_run, allow_dirty), screen)
