"""Base texts: each file as `add` wrote it, kept beside the record for later merges.

One line per file: its path and its compressed text. A line is valid if the record has the hash of its text. Git keeps
the lines of both branches in a merge (`merge=union`), and the record decides which are valid.
"""

import base64
import bz2
from collections.abc import Mapping
from pathlib import Path

from mkbackend.project.migrations import VERSIONS
from mkbackend.slices.disk import Changes
from mkbackend.slices.record import Record, hash_of

_SUFFIX = ".base"
_HEAD = "# Files as `mkbackend add` wrote them, compressed, as the base of later merges. Commit this file.\n"
# Limit for untrusted input; files of slices are far shorter.
_LONGEST = 1_000_000


def written(texts: Mapping[str, str]) -> str:
    """Return the text of the file, without migrations, into which nothing is ever merged."""
    kept = sorted((path, text) for path, text in texts.items() if not path.startswith(VERSIONS))
    return _HEAD + "".join(f"{path} {_packed(text)}\n" for path, text in kept)


def without(steps: Changes) -> Changes:
    """Return changes without the compressed texts, for display."""
    return {path: text for path, text in steps.items() if not path.endswith(_SUFFIX)}


def read(project: Path, known: Record) -> dict[str, str]:
    """Return the valid base texts; empty if the file is missing or damaged."""
    place = project / known.base_path
    return parsed(place.read_text(encoding="utf-8", errors="replace"), known) if place.is_file() else {}


def parsed(text: str, known: Record) -> dict[str, str]:
    """Return the base texts in a file that match the record's hashes."""
    found = {}
    for line in text.splitlines():
        path, _, packed = line.partition(" ")
        content = _unpacked(packed) if path in known.files else b""
        if content and hash_of(content) == known.files[path]:
            found[path] = content.decode()
    return found


def _packed(text: str) -> str:
    """Compress a text with bzip2: unlike zlib, all versions give the same bytes."""
    return base64.b64encode(bz2.compress(text.encode())).decode()


def _unpacked(packed: str) -> bytes:
    """Return decompressed content; empty if it is damaged or too long."""
    unpacker = bz2.BZ2Decompressor()
    try:
        content = unpacker.decompress(base64.b64decode(packed, validate=True), _LONGEST)
    except (ValueError, OSError, EOFError):
        return b""
    return content if unpacker.eof else b""
