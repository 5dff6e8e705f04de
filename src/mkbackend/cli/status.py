"""`mkbackend status`."""

from typing import Annotated

import typer

from mkbackend.cli.run import reported


def status(
    path: Annotated[str, typer.Argument(help="Project directory.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the project's version, the installed version, the changelog between them and your edits.

    Exit code: 0 up to date, 1 behind, 2 error.
    """
    with reported(as_json) as screen:
        from mkbackend.project.status import status as run

        raise typer.Exit(run(path, screen))
