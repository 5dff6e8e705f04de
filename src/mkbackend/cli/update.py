"""`mkbackend update`."""

from typing import Annotated

import typer

from mkbackend.cli import complete
from mkbackend.cli.run import AS_JSON, VERBOSE, in_terminal, reported
from mkbackend.errors import BadInputError


def update(
    path: Annotated[str, typer.Argument(help="Project directory.")] = ".",
    to: Annotated[str | None, typer.Option(metavar="VERSION", help="Target version, by default the newest.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, change nothing.")] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data", "-d", metavar="KEY=VALUE", help="Change an answer; repeatable.", autocompletion=complete.data
        ),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Install and test the result first.")] = False,
    template: Annotated[
        str | None, typer.Option(metavar="URL", help="Trust this template, recorded in the project.")
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Update a project to the installed template. The result is staged, not committed.

    Exit code: 0 clean, 1 conflicts, 2 refused.

    Examples:

    \b
    mkbackend update --dry-run
    mkbackend update
    mkbackend update ../myapp \\
      --to 0.2.0 --data ci=gitlab
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.template.given import parse_data
        from mkbackend.update.update import Request
        from mkbackend.update.update import update as run

        if dry_run and verify:
            raise BadInputError("--dry-run and --verify exclude each other.", hint="Use one of them.")
        ask = in_terminal() and not as_json
        request = Request(path, to, parse_data(data or ()), template, ask, dry_run, verify)
        raise typer.Exit(run(request, screen))
