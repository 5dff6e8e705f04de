"""`mkbackend model`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.run import AS_JSON, reported


def model(
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of the file.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Print the resources of a project as a model file, which apply reads.

    Editors check and complete the file with its JSON schema.

    Examples:

    \b
    mkbackend model
    mkbackend model --schema
    """
    with reported(as_json):
        if schema:
            from mkbackend.slices.model.schema import text_of

            print(text_of(), end="")
        elif as_json:
            from mkbackend.document import show as print_document
            from mkbackend.slices.model.model import resources

            print_document({"resources": resources(project)})
        else:
            from mkbackend.slices.model.model import show

            print(show(project), end="")
