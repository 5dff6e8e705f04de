"""The text of each file as `add` wrote it, kept beside the record: the base of a later merge.

One line for each file: its path, and its text compressed. A line counts if the record has the hash of its text, so
that both sides of a merge of two branches can stand in it: git keeps both (`merge=union`), the record decides.
"""

import base64
import bz2
from collections.abc import Mapping
from pathlib import Path

from mkbackend.migrations import VERSIONS
from mkbackend.slices.changes import Changes
from mkbackend.slices.record import Record, hash_of

_SUFFIX = ".base"
_HEAD = "# What `mkbackend add` wrote, compressed: a later merge starts from it. Commit it.\n"
# No file of a slice is nearly as long; a line can come from anyone.
_LONGEST = 1_000_000


def written(texts: Mapping[str, str]) -> str:
    """Return the text of the file; a migration is left out, for nothing is ever merged into it."""
    kept = sorted((path, text) for path, text in texts.items() if not path.startswith(VERSIONS))
    return _HEAD + "".join(f"{path} {_packed(text)}\n" for path, text in kept)


def without(steps: Changes) -> Changes:
    """Return changes as people read them: without compressed texts."""
    return {path: text for path, text in steps.items() if not path.endswith(_SUFFIX)}


def read(project: Path, known: Record) -> dict[str, str]:
    """Return the texts that are kept and that the record tells; nothing where the file is missing or damaged."""
    place = project / known.base_path
    return parsed(place.read_text(encoding="utf-8", errors="replace"), known) if place.is_file() else {}


def parsed(text: str, known: Record) -> dict[str, str]:
    """Return the texts in such a file that the record tells."""
    found = {}
    for line in text.splitlines():
        path, _, packed = line.partition(" ")
        content = _unpacked(packed) if path in known.files else b""
        if content and hash_of(content) == known.files[path]:
            found[path] = content.decode()
    return found


def _packed(text: str) -> str:
    """Compress a text; bzip2 gives the same bytes with every version, zlib does not."""
    return base64.b64encode(bz2.compress(text.encode())).decode()


def _unpacked(packed: str) -> bytes:
    """Return what was compressed; empty where it is damaged or too long."""
    unpacker = bz2.BZ2Decompressor()
    try:
        content = unpacker.decompress(base64.b64decode(packed, validate=True), _LONGEST)
    except (ValueError, OSError, EOFError):
        return b""
    return content if unpacker.eof else b""
