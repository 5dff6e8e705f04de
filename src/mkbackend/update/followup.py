"""Follow-up work of an update: new settings, an outdated lock file, migrations to merge."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkbackend.project import migrations

_SETTING = re.compile(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


@dataclass(frozen=True)
class FollowUp:
    """Work left after an update; `join` is the path and text of a merge migration."""

    join: tuple[str, str] | None
    orphans: list[str]
    settings: list[str]
    lock_is_stale: bool


def follow_up(before: Path, after: Path, version: str) -> FollowUp:
    """Compare the project before and after an update."""
    was, now = migrations.heads(migrations.read(before)), migrations.read(after)
    tips = migrations.heads(now)
    return FollowUp(
        join=migrations.join(tips, version) if len(tips) > 1 and len(tips) > len(was) else None,
        orphans=_orphans(before, now),
        settings=_new_settings(before, after),
        lock_is_stale=(before / "uv.lock").is_file() and _locked(before) != _locked(after),
    )


def _orphans(before: Path, now: list[migrations.Migration]) -> list[str]:
    """Return the new migrations whose parent the owner removed."""
    known = {migration.revision for migration in migrations.read(before)}
    lost = [migration for migration in migrations.orphans(now) if migration.revision not in known]
    return [f"{migration.revision} follows {' and '.join(migration.follows)}" for migration in lost]


def _new_settings(before: Path, after: Path) -> list[str]:
    """Return the new settings of `.env.example` that `.env` lacks."""
    had = {*_settings(before / ".env.example"), *_settings(before / ".env")}
    return [name for name in _settings(after / ".env.example") if name not in had]


def _settings(path: Path) -> list[str]:
    """Return the names in a settings file, including commented ones."""
    try:
        return list(dict.fromkeys(_SETTING.findall(path.read_text(encoding="utf-8", errors="replace"))))
    except OSError:
        return []


def _locked(project: Path) -> Any:
    """Return the part of pyproject.toml that a lock file depends on; its text if it has conflict markers."""
    path = project / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8")
        parsed = tomllib.loads(text)
    except OSError:
        return None
    except ValueError:
        return text
    of_project = {key: parsed.get("project", {}).get(key) for key in _LOCKED}
    return of_project, parsed.get("dependency-groups"), parsed.get("tool", {}).get("uv")


_LOCKED = ("name", "version", "requires-python", "dependencies", "optional-dependencies")
