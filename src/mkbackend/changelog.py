"""CHANGELOG.md: what each version brings to the owner of a project."""

import re
from pathlib import Path

from mkbackend.bundle import order
from mkbackend.errors import MkbackendError

# In a checkout beside the sources, in a package beside this file.
_PLACES = (Path(__file__).with_name("CHANGELOG.md"), Path(__file__).parents[2] / "CHANGELOG.md")
_SECTION = re.compile(r"^## (\d+(?:\.\d+)*)\b.*$", re.MULTILINE)


def between(old: str, new: str) -> str:
    """Return the sections of the releases after one version of the template up to another, newest first."""
    text = _read()
    starts = list(_SECTION.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    releases = (
        (order(f"v{start[1]}"), text[start.start() : end].strip()) for start, end in zip(starts, ends, strict=True)
    )
    # A step after a release has what the release had.
    after, last = order(old)[0], order(new)[0]
    return "\n\n".join(section for (release, *_), section in releases if after < release <= last)


def _read() -> str:
    for path in _PLACES:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise MkbackendError("This mkbackend has no CHANGELOG.md.", hint="Install mkbackend again.")
