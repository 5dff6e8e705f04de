"""Update of records and base texts after moves of the template."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from mkbackend.errors import BadInputError
from mkbackend.slices import base, record
from mkbackend.slices.record import Record, hash_of

Files = Mapping[str, bytes]


def follow(files: Files, moved: Mapping[str, str], rewrite: Callable[[Files], Files]) -> dict[str, bytes]:
    """Return the changed records and base texts; skip invalid records.

    `rewrite` returns the files that the moves change.
    """
    changed: dict[str, bytes] = {}
    for path in filter(record.is_record, files):
        try:
            known = record.parsed(PurePosixPath(path).stem, files[path].decode())
        except (BadInputError, UnicodeDecodeError):
            continue
        changed |= _followed(known, files, moved, rewrite)
    return changed


def _followed(known: Record, files: Files, moved: Mapping[str, str], rewrite: Callable[[Files], Files]) -> Files:
    kept = base.parsed(files.get(known.base_path, b"").decode(errors="replace"), known)
    texts = {path: text.encode() for path, text in kept.items()}
    texts |= {path: files[path] for path, hash_ in known.files.items() if hash_of(files.get(path, b"")) == hash_}
    after = {**texts, **rewrite(texts)}
    hashes = {
        moved.get(path, path): hash_of(after[path]) if path in after else hash_ for path, hash_ in known.files.items()
    }
    if hashes == known.files:
        return {}
    found = {known.path: replace(known, files=hashes).written().encode()}
    if kept:
        found[known.base_path] = base.written({moved.get(path, path): after[path].decode() for path in kept}).encode()
    return found
