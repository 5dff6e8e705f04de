"""The commands and their groups in the help."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from mkbackend import __version__
from mkbackend.cli.add import add
from mkbackend.cli.apply import apply
from mkbackend.cli.change import change
from mkbackend.cli.complete import join_words
from mkbackend.cli.diagram import diagram
from mkbackend.cli.doctor import doctor
from mkbackend.cli.eject import eject
from mkbackend.cli.grouped import GroupedCommands
from mkbackend.cli.manual import manual
from mkbackend.cli.model import model
from mkbackend.cli.new import new
from mkbackend.cli.propose import propose
from mkbackend.cli.remove import remove
from mkbackend.cli.status import status
from mkbackend.cli.update import update

# Rich help boxes take three times as long to import as everything else.
app = typer.Typer(
    name="mkbackend",
    cls=GroupedCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line."""
    join_words(os.environ)
    # Else help is at least 50 columns wide, and a narrower terminal breaks words.
    app(terminal_width=max(min(shutil.get_terminal_size().columns, 80) - 2, 30))


@app.callback(invoke_without_command=True)
def mkbackend(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version and exit.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --version: print one JSON object.")] = False,
) -> None:
    """Generate and update complete, tested, typed FastAPI and PostgreSQL services."""
    if version:
        if as_json:
            _show_versions()
        else:
            print(f"mkbackend {__version__}")
        raise typer.Exit
    if as_json or context.invoked_subcommand is None:
        context.fail("--json needs --version here, or a command before it." if as_json else "Missing command.")


def _show_versions() -> None:
    """Print what a report of a fault needs, as JSON."""
    import platform

    from mkbackend.document import show

    versions = {
        "mkbackend": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "path": str(Path(__file__).parents[1]),
    }
    show(versions)


app.command(short_help="Create a new project.", rich_help_panel="Start")(new)
app.command(short_help="Print a page of the manual.", rich_help_panel="Start")(manual)
app.command(short_help="Add a resource, from model to tests, or a field.", rich_help_panel="Grow")(add)
app.command(short_help="Change fields of a resource, in stages.", rich_help_panel="Grow")(change)
app.command(short_help="Remove a resource that add wrote.", rich_help_panel="Grow")(remove)
app.command(short_help="Add all that a model file has and the project lacks.", rich_help_panel="Grow")(apply)
app.command(short_help="Print the resources as a model file.", rich_help_panel="Grow")(model)
app.command(short_help="Draw the tables as a diagram.", rich_help_panel="Grow")(diagram)
app.command(short_help="Copy the templates of add into the project.", rich_help_panel="Grow")(eject)
app.command(short_help="Update a project to the installed template.", rich_help_panel="Keep current")(update)
app.command(short_help="Propose an update, in a pipeline.", rich_help_panel="Keep current")(propose)
app.command(short_help="Compare projects with their template.", rich_help_panel="Keep current")(status)
app.command(short_help="Check that projects work on this machine.", rich_help_panel="Diagnose")(doctor)
