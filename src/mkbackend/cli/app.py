"""The commands and their groups in the help."""

from typing import Annotated

import typer

from mkbackend import __version__
from mkbackend.cli.add import add
from mkbackend.cli.doctor import doctor
from mkbackend.cli.grouped import GroupedCommands
from mkbackend.cli.new import new
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


app.command(short_help="Create a new project.", rich_help_panel="Start")(new)
app.command(rich_help_panel="Grow")(add)
app.command(rich_help_panel="Grow")(remove)
app.command(rich_help_panel="Keep current")(update)
app.command(short_help="Show a project's template version and newer changes.", rich_help_panel="Keep current")(status)
app.command(short_help="Check that a project works on this machine.", rich_help_panel="Diagnose")(doctor)
