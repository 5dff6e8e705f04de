"""`mkbackend manual`."""

from typing import Annotated

import typer

from mkbackend.cli.complete import pages
from mkbackend.cli.run import AS_JSON, reported


def manual(
    page: Annotated[str, typer.Argument(metavar="[PAGE]", help="Page to print.", autocompletion=pages)] = "",
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Print a page of the manual, as Markdown. Without PAGE, list the pages.

    Examples:

    \b
    mkbackend manual
    mkbackend manual adding
    """
    with reported(as_json):
        from mkbackend import manual as texts

        found = [texts.page(page)] if page else texts.pages()
        if as_json:
            from mkbackend.document import show

            show({"pages": [each._asdict() for each in found]})
        elif page:
            print(found[0].text, end="")
        else:
            width = max(len(each.name) for each in found)
            for each in found:
                print(f"{each.name:{width}}  {each.title}")
