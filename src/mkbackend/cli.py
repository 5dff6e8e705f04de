"""The command line: parses arguments and calls the commands."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from mkbackend import __version__
from mkbackend.errors import BadInputError, Interruption, MkbackendError

# Commands import what they need when they run: --version, --help and completion stay fast.
if TYPE_CHECKING:
    from mkbackend.screen import Screen

# Rich help boxes take three times as long to import as everything else.
app = typer.Typer(name="mkbackend", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


def main() -> None:
    """Run the command line."""
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
    """Generate and update complete, tested, typed FastAPI and PostgreSQL services."""


@app.command(short_help="Create a new project.")
def new(
    path: Annotated[str | None, typer.Argument(help="Directory to create; its last part names the project.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Use the defaults, ask nothing.")] = False,
    data: Annotated[
        list[str] | None, typer.Option("--data", "-d", metavar="KEY=VALUE", help="Set an answer; repeatable.")
    ] = None,
    answers: Annotated[Path | None, typer.Option(metavar="FILE", help="Use the answers of another project.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files, write nothing.")] = False,
    no_git: Annotated[bool, typer.Option("--no-git", help="Create no git repository.")] = False,
    no_install: Annotated[bool, typer.Option("--no-install", help="Work offline: lock and install nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, ask nothing.")] = False,
    template: Annotated[str | None, typer.Option(metavar="URL", help="Git repository of another template.")] = None,
    ref: Annotated[str | None, typer.Option(metavar="REF", help="Tag, branch or commit of --template.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Run code of --template to lock and install.")] = False,
) -> None:
    """Create a new project. In a terminal it asks a few questions, elsewhere it uses the defaults.

    Examples:

    \b
    mkbackend new myapp
    mkbackend new myapp --yes --data license=none --data ci=gitlab
    mkbackend new . --answers ../earlier/.copier-answers.yml
    """
    with _reported(as_json) as screen:
        from mkbackend.new.new import Request
        from mkbackend.new.new import new as run
        from mkbackend.system.environment import clean_environment
        from mkbackend.template.questions import parse_data, read_answers

        clean_environment()
        if ref and not template:
            raise BadInputError("--ref needs --template.", hint="--template URL --ref REF")
        if trust and not template:
            raise BadInputError("--trust needs --template.", hint="--template URL --trust")
        given = {**(read_answers(answers) if answers else {}), **parse_data(data or ())}
        ask = _in_terminal() and not (yes or as_json)
        run(Request(path, given, template, ref, ask, dry_run, not no_git, not no_install, trust), screen)


@app.command()
def update(
    path: Annotated[str, typer.Argument(help="Project directory.")] = ".",
    to: Annotated[str | None, typer.Option(metavar="VERSION", help="Target version, by default the newest.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, change nothing.")] = False,
    data: Annotated[
        list[str] | None, typer.Option("--data", "-d", metavar="KEY=VALUE", help="Change an answer; repeatable.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Install and test the result first.")] = False,
    template: Annotated[
        str | None, typer.Option(metavar="URL", help="Trust this template, recorded in the project.")
    ] = None,
) -> None:
    """Update a project to the installed template. The result is staged, not committed.

    Exit code: 0 clean, 1 conflicts, 2 refused.

    Examples:

    \b
    mkbackend update --dry-run
    mkbackend update
    mkbackend update ../myapp --to 0.2.0 --data ci=gitlab
    """
    with _reported(as_json=False) as screen:
        from mkbackend.system.environment import clean_environment
        from mkbackend.template.questions import parse_data
        from mkbackend.update.update import Request
        from mkbackend.update.update import update as run

        clean_environment()
        if dry_run and verify:
            raise BadInputError("--dry-run and --verify exclude each other.", hint="Use one of them.")
        request = Request(path, to, parse_data(data or ()), template, _in_terminal(), dry_run, verify)
        raise typer.Exit(run(request, screen))


@app.command(short_help="Show a project's template version and newer changes.")
def status(
    path: Annotated[str, typer.Argument(help="Project directory.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the project's version, the installed version, the changelog between them and your edits.

    Exit code: 0 up to date, 1 behind, 2 error.
    """
    with _reported(as_json) as screen:
        from mkbackend.project.status import status as run
        from mkbackend.system.environment import clean_environment

        clean_environment()
        raise typer.Exit(run(path, screen))


@app.command(short_help="Check that a project works on this machine.")
def doctor(
    path: Annotated[str, typer.Argument(help="Project directory.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check Python, tools, settings, port, database and migrations, and print a fix for each problem.

    Nothing is changed or started, and no secret is shown.

    Exit code: 0 no problems, 1 problems found, 2 not a project.

    Examples:

    \b
    mkbackend doctor
    mkbackend doctor ../myapp --json
    """
    with _reported(as_json) as screen:
        from mkbackend.doctor.examine import doctor as run
        from mkbackend.system.environment import clean_environment

        clean_environment()
        raise typer.Exit(run(path, screen))


@app.command()
def add(
    name: Annotated[str | None, typer.Argument(help="Resource name in the singular: article, blog_post.")] = None,
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD]...", help="NAME:TYPE[:MODIFIER]...[=DEFAULT]")
    ] = None,
    auth: Annotated[str | None, typer.Option(metavar="AUTH", help="Access rule, see above; by default user.")] = None,
    plural: Annotated[str | None, typer.Option(metavar="NAME", help="Plural, if the usual one is wrong.")] = None,
    no_soft_delete: Annotated[bool, typer.Option("--no-soft-delete", help="DELETE removes rows permanently.")] = False,
    file: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Read the resource from TOML.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Allow uncommitted changes.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
) -> None:
    """Add a resource: model, migration, schemas, repository, service, routes and tests.

    \b
    Types: str str/200 text int bigint float decimal/10/2 bool date
      datetime uuid json enum/draft/published ref/user
    Modifiers: null unique index list; for a ref also cascade restrict setnull
    AUTH: user: signed-in users read and write. public: anyone reads,
      signed-in users write. owner: users their own rows, admins all.
      admin: admins only.

    If the resource exists, the fields are added to it.

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
        from mkbackend.system.environment import clean_environment

        clean_environment()
        described = Description(name or "", tuple(fields or ()), plural, auth, False if no_soft_delete else None)
        run(Request(described, project, file, dry_run, allow_dirty), screen)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of the resource.")],
    force: Annotated[bool, typer.Option("--force", help="Also remove files that you edited.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Allow uncommitted changes.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
) -> None:
    """Remove a resource that add wrote, except files that you edited.

    If its migration may have been applied, a new migration drops the table.
    """
    with _reported(as_json=False) as screen:
        from mkbackend.slices.remove import Request
        from mkbackend.slices.remove import remove as run
        from mkbackend.system.environment import clean_environment

        clean_environment()
        run(Request(name, project, force, dry_run, allow_dirty), screen)


def _in_terminal() -> bool:
    """Return whether stdin and stdout are terminals; a closed stream is None."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


@contextmanager
def _reported(as_json: bool) -> Iterator["Screen"]:
    """Turn errors into a message and an exit code; SIGTERM and SIGHUP count as Ctrl-C."""
    from mkbackend.screen import Screen
    from mkbackend.system.interrupts import on_interrupt

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
