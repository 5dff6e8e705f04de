"""The JSON document that the commands of slices share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkbackend.slices import base, disk


def planned(
    project: Path, steps: disk.Changes, unplaced: Mapping[str, str] | None = None, *, dry_run: bool
) -> dict[str, Any]:
    """Return the document of changes that are not made yet: `next` and `undo` stay empty in a dry run.

    `unplaced` are the lines that edited files cannot take.
    """
    there = {path for path in steps if (project / path).is_file()}
    return {
        "dry_run": dry_run,
        "added": [path for path, text in steps.items() if text is not None and path not in there],
        "changed": [path for path, text in steps.items() if text is not None and path in there],
        "deleted": [path for path, text in steps.items() if text is None and path in there],
        "unplaced": lines_of(unplaced or {}),
        "next": [],
        "undo": "",
        "diff": disk.difference(project, base.without(steps)) if dry_run else "",
    }


def lines_of(unplaced: Mapping[str, str]) -> list[dict[str, str]]:
    """Return lines that the owner must place, by file."""
    return [{"path": path, "lines": lines} for path, lines in unplaced.items()]
