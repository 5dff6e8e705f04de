"""`mkbackend status`."""

from typing import Annotated

import typer

from mkbackend.cli.run import reported


def status(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Project directories; several are a line each.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, or a list for several.")] = False,
) -> None:
    """Show the project's version, the installed version, the changelog between them and your edits.

    Exit code: 0 up to date, 1 behind, 2 error.

    Examples:

    \b
    mkbackend status
    mkbackend status services/*
    """
    with reported(as_json) as screen:
        from mkbackend.project.status import OfSlices
        from mkbackend.project.status import status as run
        from mkbackend.slices.eject import outrun
        from mkbackend.slices.refresh.today import find_behind

        raise typer.Exit(run(paths or ["."], OfSlices(outrun, find_behind), screen))
