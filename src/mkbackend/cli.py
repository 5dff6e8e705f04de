"""The command line: parse, call, print."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from mkbackend import __version__
from mkbackend.errors import BadInputError, Interruption, MkbackendError

# What a command needs is imported when it runs: --version, --help and completion stay fast.
if TYPE_CHECKING:
    from mkbackend.screen import Screen

# Boxes around the help would take three times as long to import as all the rest.
app = typer.Typer(name="mkbackend", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


def main() -> None:
    """Run the command."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mkbackend {__version__}")
        raise typer.Exit


@app.callback()
def mkbackend(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A complete, tested, typed FastAPI and PostgreSQL service from one command."""


@app.command(short_help="Make a new project.")
def new(
    path: Annotated[str | None, typer.Argument(help="Where to make it; its last part names the project.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the defaults, ask nothing.")] = False,
    data: Annotated[
        list[str] | None, typer.Option("--data", "-d", metavar="KEY=VALUE", help="Answer a question; repeatable.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Replay the answers of an earlier project.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the files, write nothing.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Make no repository.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Without a network: install nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Ask nothing, print one JSON object.")] = False,
    template: Annotated[str | None, typer.Option(metavar="URL", help="Another git repository as template.")] = None,
    ref: Annotated[str | None, typer.Option(metavar="REF", help="A tag, branch or commit of it.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Lock and install it, which runs its code.")] = False,
) -> None:
    """Make a new project: in a terminal after a few questions, anywhere else with the defaults.

    Examples:

    \b
    mkbackend new myapp
    mkbackend new myapp --yes --data license=none --data ci=gitlab
    mkbackend new . --answers ../earlier/.copier-answers.yml
    """
    with _reported(as_json) as screen:
        from mkbackend.new import Request
        from mkbackend.new import new as run
        from mkbackend.questions import parse_data, read_answers
        from mkbackend.system import clean_environment

        clean_environment()
        if ref and not template:
            raise BadInputError("--ref says which version of --template.", hint="--template URL --ref REF")
        if trust and not template:
            raise BadInputError("--trust is about --template.", hint="--template URL --trust")
        given = {**(read_answers(answers) if answers else {}), **parse_data(data or ())}
        ask = _in_terminal() and not (yes or as_json)
        run(Request(path, given, template, ref, ask, dry_run, not no_git, not no_install, trust), screen)


@app.command()
def update(
    path: Annotated[str, typer.Argument(help="The project.")] = ".",
    to: Annotated[str | None, typer.Option(metavar="VERSION", help="An earlier version than the newest.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, touch nothing.")] = False,
    data: Annotated[
        list[str] | None, typer.Option("--data", "-d", metavar="KEY=VALUE", help="Change an answer; repeatable.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="First install and test the result elsewhere.")] = False,
    template: Annotated[
        str | None, typer.Option(metavar="URL", help="Trust this template, which the project records.")
    ] = None,
) -> None:
    """Bring a project to this mkbackend's template. The result is staged, never committed.

    Exit code: 0 clean, 1 conflicts, 2 refused.

    Examples:

    \b
    mkbackend update --dry-run
    mkbackend update
    mkbackend update ../myapp --to 0.2.0 --data ci=gitlab
    """
    with _reported(as_json=False) as screen:
        from mkbackend.questions import parse_data
        from mkbackend.system import clean_environment
        from mkbackend.update import Request
        from mkbackend.update import update as run

        clean_environment()
        if dry_run and verify:
            raise BadInputError("--dry-run shows, --verify tests.", hint="Give one of them.")
        request = Request(path, to, parse_data(data or ()), template, _in_terminal(), dry_run, verify)
        raise typer.Exit(run(request, screen))


@app.command(short_help="Tell which version a project has, and what is newer.")
def status(
    path: Annotated[str, typer.Argument(help="The project.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the project's version, the installed one, the changes between, and your own.

    Exit code: 0 up to date, 1 behind, 2 cannot tell.
    """
    with _reported(as_json) as screen:
        from mkbackend.status import status as run
        from mkbackend.system import clean_environment

        clean_environment()
        raise typer.Exit(run(path, screen))


@app.command(short_help="Tell whether a project can be worked with here.")
def doctor(
    path: Annotated[str, typer.Argument(help="The project.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at Python, tools, settings, port, database and migrations of a project; what is wrong has its mend.

    Nothing is changed or started, and no secret is shown.

    Exit code: 0 nothing wrong, 1 something is, 2 no project.

    Examples:

    \b
    mkbackend doctor
    mkbackend doctor ../myapp --json
    """
    with _reported(as_json) as screen:
        from mkbackend.doctor.examine import doctor as run
        from mkbackend.system import clean_environment

        clean_environment()
        raise typer.Exit(run(path, screen))


@app.command()
def add(
    name: Annotated[str | None, typer.Argument(help="The resource, in the singular: article, blog_post.")] = None,
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD]...", help="NAME:TYPE[:MODIFIER]...[=DEFAULT]")
    ] = None,
    auth: Annotated[str | None, typer.Option(metavar="WHO", help="Who may; see above. Else: user.")] = None,
    plural: Annotated[str | None, typer.Option(metavar="NAME", help="Where the usual plural is wrong.")] = None,
    no_soft_delete: Annotated[bool, typer.Option("--no-soft-delete", help="DELETE removes the row for good.")] = False,
    file: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Read a description in TOML.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Beside changes that are not committed.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="The project.")] = Path(),
) -> None:
    """Add a resource: table and migration, requests, queries, rules, routes, and the tests of all.

    \b
    Types: str str/200 text int bigint float decimal/10/2 bool date
      datetime uuid json enum/draft/published ref/user
    Modifiers: null unique index list; of a ref cascade restrict setnull
    WHO: user: who is signed in reads and writes. public: anyone reads, who
      is signed in writes. owner: everyone their own, an admin all. admin.

    On a resource that was added before, the fields are added to it.

    Example:

    \b
    mkbackend add article title:str/200 slug:str/80:unique body:text:null \\
      price:decimal/10/2 status:enum/draft/published=draft \\
      writer:ref/user:cascade tags:str:list --auth owner
    """
    with _reported(as_json=False) as screen:
        from mkbackend.slices.add import Request
        from mkbackend.slices.add import add as run
        from mkbackend.slices.description import Description
        from mkbackend.system import clean_environment

        clean_environment()
        described = Description(name or "", tuple(fields or ()), plural, auth, False if no_soft_delete else None)
        run(Request(described, project, file, dry_run, allow_dirty), screen)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The resource that was added.")],
    force: Annotated[bool, typer.Option("--force", help="Files that you have edited, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Beside changes that are not committed.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="The project.")] = Path(),
) -> None:
    """Remove a resource that was added: all files that you have not edited since.

    Where its migration may have been applied, another one is written that drops the table.
    """
    with _reported(as_json=False) as screen:
        from mkbackend.slices.remove import Request
        from mkbackend.slices.remove import remove as run
        from mkbackend.system import clean_environment

        clean_environment()
        run(Request(name, project, force, dry_run, allow_dirty), screen)


def _in_terminal() -> bool:
    """Whether somebody can be asked; a closed stream is None."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


@contextmanager
def _reported(as_json: bool) -> Iterator["Screen"]:
    """Turn what goes wrong into a message and an exit code; SIGTERM and a closed terminal count as Ctrl-C."""
    from mkbackend.screen import Screen
    from mkbackend.system import on_interrupt

    screen = Screen(as_json)
    try:
        with on_interrupt(_interrupt):
            yield screen
    except MkbackendError as error:
        raise typer.Exit(screen.fail(error)) from error
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        raise typer.Exit(screen.fail(MkbackendError(f"{about}{error.strerror or error}."))) from error
    except (KeyboardInterrupt, EOFError) as error:
        raise typer.Exit(screen.interrupted()) from error


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interruption
