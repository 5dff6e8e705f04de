"""`mkbackend propose`."""

from enum import StrEnum
from typing import Annotated

import typer

from mkbackend.cli.run import AS_JSON, VERBOSE, reported


class Checks(StrEnum):
    """Results of a job, by the names that GitHub gives them."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"


def propose(
    path: Annotated[str, typer.Argument(help="Project directory.")] = ".",
    checks: Annotated[
        Checks, typer.Option(metavar="RESULT", help="Of update --verify: success, failure or cancelled.")
    ] = Checks.SUCCESS,
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Open a pull or merge request with the update, in a pipeline of GitHub or GitLab.

    If the update has conflicts or its checks failed: an issue that names them. Nothing in the project is changed.

    Exit code: 0 proposed or up to date, 1 or 2 error.

    Examples:

    \b
    mkbackend propose
    mkbackend propose services/shop \\
      --checks failure
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.update.propose import propose as run

        run(path, screen, passed=checks is Checks.SUCCESS)
