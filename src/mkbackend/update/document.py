"""The JSON document of an update, or of its preview."""

from collections.abc import Mapping
from typing import Any

from mkbackend.project.repository import Repository
from mkbackend.project.versions import Span, short
from mkbackend.update.plan import Plan
from mkbackend.update.refreshed import Slices

_KINDS = {"A": "added", "D": "deleted", "R": "renamed"}


def unchanged(version: str) -> dict[str, Any]:
    """Return the document of an update that has nothing to do."""
    work = {"merge_migration": "", "orphans": [], "settings": [], "lock_is_stale": False}
    by_hand: dict[str, list[str]] = {"not_moved": [], "unread": [], "notes": [], "old_names": []}
    lists = ("changes", "conflicts", "skipped", "kept", "moved", "rewritten", "answers_lines", "next")
    return {
        "from": version,
        "to": version,
        "staged": False,
        "changelog": "",
        **{name: [] for name in lists},
        "by_hand": by_hand,
        "slices": {"refreshed": [], "left": [], "skipped": []},
        "follow_up": work,
        "undo": "",
        "diff": "",
    }


def document(plan: Plan, span: Span, own_lines: list[str]) -> dict[str, Any]:
    """Return the document of a plan that is not applied."""
    repo, outcome, done, work = plan.repo, plan.outcome, plan.relocated, plan.follow_up
    return unchanged(short(span.old.version)) | {
        "to": short(span.new.version),
        "changes": [_change(sign, path, repo) for sign, path in outcome.changes],
        "conflicts": _pairs({repo.shown(path): why for path, why in outcome.conflicts.items()}, "path", "why"),
        "skipped": [repo.shown(path) for path in outcome.deleted],
        "kept": _pairs({repo.shown(path): repo.shown(new) for path, new in plan.obstacles.new.items()}, "path", "new"),
        "moved": _pairs(done.moved, "from", "to"),
        "rewritten": _pairs(done.names, "path", "names"),
        "answers_lines": own_lines,
        "by_hand": {
            "not_moved": _pairs(done.stayed, "from", "to"),
            "unread": done.unread,
            "notes": done.notes,
            "old_names": plan.left,
        },
        "slices": _slices(plan.slices),
        "follow_up": {
            "merge_migration": work.join[0] if work.join else "",
            "orphans": work.orphans,
            "settings": work.settings,
            "lock_is_stale": work.lock_is_stale,
        },
    }


def _change(sign: str, path: str, repo: Repository) -> dict[str, str]:
    """Return a change; git separates the two paths of a renamed file by NUL."""
    *before, after = map(repo.shown, path.split("\0"))
    return {"change": _KINDS.get(sign, "changed"), "path": after, "from": before[0] if before else ""}


def _slices(found: Slices) -> dict[str, Any]:
    left = [
        {
            "name": each.slice.name,
            "commit": commit,
            "conflicts": _pairs(each.conflicts, "path", "why"),
            "without_base": each.without_base,
        }
        for commit, each in found.left.items()
    ]
    done = [{"name": each.slice.name, "files": each.files, "merged": each.merged} for each in found.done]
    return {"refreshed": done, "left": left, "skipped": _pairs(found.skipped, "name", "why")}


def _pairs(found: Mapping[str, Any], key: str, value: str) -> list[dict[str, Any]]:
    """Return a mapping as a list, so that each key of the document is known."""
    return [{key: one, value: other} for one, other in found.items()]
