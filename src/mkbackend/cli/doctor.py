"""`mkbackend doctor`."""

from typing import Annotated

import typer

from mkbackend.cli.run import reported


def doctor(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Project directories; several are a line each.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, or a list for several.")] = False,
) -> None:
    """Check Python, tools, settings, port, database and migrations, and print a fix for each problem.

    Nothing is changed or started, and no secret is shown.

    Exit code: 0 no problems, 1 problems found, 2 not a project.

    Examples:

    \b
    mkbackend doctor
    mkbackend doctor ../myapp --json
    mkbackend doctor services/*
    """
    with reported(as_json) as screen:
        from mkbackend.doctor.examine import doctor as run

        raise typer.Exit(run(paths or ["."], screen))
