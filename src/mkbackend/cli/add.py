"""`mkbackend add`."""

from pathlib import Path
from typing import Annotated

import typer

from mkbackend.cli.complete import auths, fields, resources
from mkbackend.cli.run import AS_JSON, VERBOSE, reported


def add(
    name: Annotated[
        str | None, typer.Argument(help="Resource name in the singular: article, blog_post.", autocompletion=resources)
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD]...", help="NAME:TYPE[:MODIFIER]...[=DEFAULT]", autocompletion=fields),
    ] = None,
    auth: Annotated[
        str | None, typer.Option(metavar="AUTH", help="Access rule, see above; by default user.", autocompletion=auths)
    ] = None,
    read: Annotated[str | None, typer.Option(metavar="WHO", help="Readers: public, user, owner, admin, ROLE.")] = None,
    write: Annotated[str | None, typer.Option(metavar="WHO", help="Writers: user, owner, admin, ROLE.")] = None,
    unique: Annotated[
        list[str] | None, typer.Option(metavar="A+B", help="Fields that are unique together; repeatable.")
    ] = None,
    no_overlap: Annotated[
        list[str] | None, typer.Option(metavar="A+B..C", help="Ranges B to C do not overlap; repeatable.")
    ] = None,
    transition: Annotated[
        list[str] | None, typer.Option(metavar="A:B", help="A step from state A to B; repeatable.")
    ] = None,
    plural: Annotated[str | None, typer.Option(metavar="NAME", help="Plural, if the usual one is wrong.")] = None,
    no_soft_delete: Annotated[bool, typer.Option("--no-soft-delete", help="DELETE removes rows permanently.")] = False,
    file: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Read the resource from TOML.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Allow uncommitted changes.")] = False,
    project: Annotated[Path, typer.Option(metavar="PATH", help="Project directory.")] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> None:
    """Add a resource: model, migration, schemas, repository, service, routes and tests.

    \b
    Types:
      str str/200 text email url int
      bigint float decimal/10/2 bool
      date datetime uuid json
      enum/draft/published ref/user
      many/tag
    Modifiers:
      null unique index list readonly
      after/FIELD
      ref also: cascade restrict setnull
        nested owner
    AUTH:
      user: signed-in users read, write.
      public: anyone reads, signed-in
        users write.
      owner: users their own rows,
        admins all.
      admin: admins only.
      catalogue: anyone reads, admins
        write.
    Admins read and write in any case.

    If the resource exists, fields, unique fields and transitions
    are added to it.

    Example:

    \b
    mkbackend add article --auth owner \\
      title:str/200 slug:str/80:unique \\
      body:text:null tags:str:list \\
      price:decimal/10/2 \\
      writer:ref/user:cascade \\
      status:enum/draft/published=draft
    """
    with reported(as_json, verbose) as screen:
        from mkbackend.slices.add import Request
        from mkbackend.slices.add import add as run
        from mkbackend.slices.resource.description import Description

        described = Description(
            name or "",
            tuple(fields or ()),
            plural,
            auth,
            read,
            write,
            False if no_soft_delete else None,
            tuple(unique or ()),
            tuple(no_overlap or ()),
            tuple(transition or ()),
        )
        run(Request(described, project, file, dry_run, allow_dirty), screen)
