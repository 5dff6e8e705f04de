"""`mkbackend change`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.complete import fields as field_words
from mkbackend.cli.complete import resources
from mkbackend.cli.run import AS_JSON, VERBOSE, reported


def change(
    name: Annotated[str, typer.Argument(help="Resource that add wrote.", autocompletion=resources)],
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIELD]...", help="As it shall be: NAME:TYPE[:MODIFIER]...[=DEFAULT]", autocompletion=field_words
        ),
    ] = None,
    fill: Annotated[
        str | None, typer.Option(metavar="VALUE", help="Value in place of null, for a field that becomes required.")
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="OLD:NEW", help="Rename a field; its column keeps its name; repeatable.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Drop a field; repeatable.")] = None,
    contract: Annotated[
        bool, typer.Option("--contract", help="The second step, once no earlier release runs.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Write the rest if edited files cannot take every line.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Allow uncommitted changes.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Change fields of a resource, in stages that the running release survives.

    \b
    Changes:
      guests:bigint        a wider type
      title:str/300        longer text
      status:enum/+archived
      note:text:null       may be null
      note:text --fill -   required
      slug:str/80:unique   unique, or
      slug:str/80          no longer
      views:int:index=5    index, value
      --rename guests:visitors
      --drop note

    The first migration suits the
    previous release and the new one.
    --contract writes the second.

    Example:

    \b
    mkbackend change booking \\
      guests:bigint --rename note:remark
    mkbackend change booking --contract
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.slices.change.change import Request
        from mkbackend.slices.change.change import change as run
        from mkbackend.slices.change.wanted import Wish

        wish = Wish(tuple(fields or ()), fill, tuple(rename or ()), tuple(drop or ()))
        run(Request(name, wish, project, contract, partial, dry_run, allow_dirty), screen)
