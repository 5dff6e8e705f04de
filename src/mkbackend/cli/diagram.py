"""`mkbackend diagram`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.run import AS_JSON, VERBOSE, reported


def diagram(
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Draw the tables of all models, also those written by hand, as a Mermaid diagram: diagram.md in docs/.

    It runs the code of the project, as make diagram does. Once the file exists, the tests of the
    project fail while it is outdated.

    Examples:

    \b
    mkbackend diagram
    mkbackend diagram --project ../shop
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.project.diagram import diagram as run

        run(project, screen)
