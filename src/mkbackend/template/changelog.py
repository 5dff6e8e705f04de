"""CHANGELOG.md: the changes of each version for project owners."""

import re
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.template.bundle import order

# In a package, at the top of a checkout.
_PLACES = (Path(__file__).parents[1] / "CHANGELOG.md", Path(__file__).parents[3] / "CHANGELOG.md")
_SECTION = re.compile(r"^## (\d+(?:\.\d+)*)\b.*$", re.MULTILINE)


def between(old: str, new: str) -> str:
    """Return the release sections after one template version up to another, newest first."""
    text = _read()
    starts = list(_SECTION.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    releases = (
        (order(f"v{start[1]}"), text[start.start() : end].strip()) for start, end in zip(starts, ends, strict=True)
    )
    # A step after a release includes that release.
    after, last = order(old)[0], order(new)[0]
    return "\n\n".join(section for (release, *_), section in releases if after < release <= last)


def _read() -> str:
    for path in _PLACES:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise MkbackendError("CHANGELOG.md is missing in this mkbackend.", hint="Reinstall mkbackend.")
