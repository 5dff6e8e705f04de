"""`mkbackend eject`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.run import AS_JSON, reported


def eject(
    what: Annotated[str, typer.Argument(help="slice-templates: those of add.")],
    force: Annotated[bool, typer.Option("--force", help="Replace templates of the project.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Copy the templates of slices into the project, where add prefers them.

    Example:

    \b
    mkbackend eject slice-templates
    """
    with reported(as_json) as screen:
        from mkbackend.slices.eject import Request
        from mkbackend.slices.eject import eject as run

        run(Request(what, project, force), screen)
