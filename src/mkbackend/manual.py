"""The manual: the pages of `docs/`, which every package carries."""

from pathlib import Path
from typing import NamedTuple

from mkbackend.errors import BadInputError, MkbackendError

# In a package, at the top of a checkout.
_PLACES = (Path(__file__).with_name("docs"), Path(__file__).parents[2] / "docs")


class Page(NamedTuple):
    """A page of the manual, in Markdown."""

    name: str
    title: str
    text: str


def pages() -> list[Page]:
    """Return all pages, sorted by name.

    Raises:
        MkbackendError: the package has none.
    """
    for place in _PLACES:
        if files := sorted(place.glob("*.md")):
            return [_page(file) for file in files]
    raise MkbackendError("The manual is missing in this mkbackend.", hint="Reinstall mkbackend.")


def page(name: str) -> Page:
    """Return a page.

    Raises:
        BadInputError: there is no such page.
    """
    known = {each.name: each for each in pages()}
    if name not in known:
        raise BadInputError(f"The manual has no page {name!r}.", hint=f"Pages: {', '.join(known)}.")
    return known[name]


def _page(file: Path) -> Page:
    text = file.read_text(encoding="utf-8")
    return Page(file.stem, text.partition("\n")[0].removeprefix("# "), text)
