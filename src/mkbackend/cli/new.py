"""`mkbackend new`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli import complete
from mkbackend.cli.run import VERBOSE, in_terminal, reported
from mkbackend.errors import BadInputError


def new(
    path: Annotated[str | None, typer.Argument(help="Directory to create; its last part names the project.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Use the defaults, ask nothing.")] = False,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "--data", "-d", metavar="KEY=VALUE", help="Set an answer; repeatable.", autocompletion=complete.data
        ),
    ] = None,
    answers: Annotated[Path | None, typer.Option(metavar="FILE", help="Use the answers of another project.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files, write nothing.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Create no git repository.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Work offline: lock and install nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, ask nothing.")] = False,
    template: Annotated[str | None, typer.Option(metavar="URL", help="Git repository of another template.")] = None,
    ref: Annotated[str | None, typer.Option(metavar="REF", help="Tag, branch or commit of --template.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Run code of --template to lock and install.")] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Create a new project. In a terminal it asks a few questions, elsewhere it uses the defaults.

    Examples:

    \b
    mkbackend new myapp
    mkbackend new myapp --yes \\
      --data license=none \\
      --data ci=gitlab
    mkbackend new . --answers \\
      ../earlier/.copier-answers.yml
    """
    with reported(as_json, verbose, unchanged="nothing was created") as screen:
        from mkbackend.new.new import Request
        from mkbackend.new.new import new as run
        from mkbackend.template.given import parse_data, read_answers

        if ref and not template:
            raise BadInputError("--ref needs --template.", hint="--template URL --ref REF")
        if trust and not template:
            raise BadInputError("--trust needs --template.", hint="--template URL --trust")
        given = {**(read_answers(answers) if answers else {}), **parse_data(data or ())}
        ask = in_terminal() and not (yes or as_json)
        run(Request(path, given, template, ref, ask, dry_run, not no_git, not no_install, trust), screen)
