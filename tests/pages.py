"""Blocks of code in the pages of this repository and of its projects."""

import re
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each block of a page."""
    yield from FENCE.findall(page.read_text(encoding="utf-8"))


def consoles(page: Path) -> list[str]:
    """Return the blocks of a page that show commands, with or without their output."""
    return [block for language, block in blocks(page) if language == "console"]
