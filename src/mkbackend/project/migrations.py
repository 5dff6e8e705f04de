"""Alembic revisions of a project, parsed without running them, and merge revisions."""

import ast
import hashlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERSIONS = "alembic/versions"

_MERGE = '''\
"""merge the project's own migrations with those of mkbackend {version}

Revision ID: {revision}
Revises: {listed}
Create Date: {now:%Y-%m-%d %H:%M:%S}+00:00
"""

from collections.abc import Sequence

revision: str = "{revision}"
down_revision: str | Sequence[str] | None = ({quoted})
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
'''


@dataclass(frozen=True)
class Migration:
    """One revision and its parents."""

    revision: str
    follows: tuple[str, ...]


def read(project: Path, without: Collection[Path] = ()) -> list[Migration]:
    """Return the project's migrations, without files that are not migrations or cannot be parsed."""
    paths = sorted((project / VERSIONS).glob("*.py"))
    return read_files(path for path in paths if path not in without and path.is_file())


def read_files(paths: Iterable[Path]) -> list[Migration]:
    """Return the migrations in some files."""
    return parsed(path.read_bytes() for path in paths)


def parsed(texts: Iterable[bytes]) -> list[Migration]:
    """Return the migrations in some texts."""
    found = []
    for text in texts:
        try:
            names = _constants(ast.parse(text))
        except (SyntaxError, ValueError):
            continue
        if "revision" in names:
            follows = names.get("down_revision") or ()
            found.append(Migration(names["revision"], (follows,) if isinstance(follows, str) else tuple(follows)))
    return found


def heads(migrations: list[Migration]) -> list[str]:
    """Return the revisions without children."""
    followed = {name for migration in migrations for name in migration.follows}
    return sorted({migration.revision for migration in migrations} - followed)


def orphans(migrations: list[Migration]) -> list[Migration]:
    """Return the migrations with a missing parent."""
    known = {migration.revision for migration in migrations}
    return [migration for migration in migrations if not known.issuperset(migration.follows)]


def join(tips: list[str], version: str) -> tuple[str, str]:
    """Return the path and text of a revision that merges heads; the same heads give the same revision."""
    revision = hashlib.sha256(" ".join(tips).encode()).hexdigest()[:12]
    now = datetime.now(UTC)
    text = _MERGE.format(
        version=version,
        revision=revision,
        listed=", ".join(tips),
        quoted=", ".join(f'"{tip}"' for tip in tips),
        now=now,
    )
    return f"{VERSIONS}/{now:%Y_%m_%d_%H%M}_join_mkbackend_{version.replace('.', '_')}.py", text


def merge_command(project: Path) -> str:
    """Return the command that merges a project's heads; older templates have no make target for it."""
    makefile = project / "Makefile"
    if makefile.is_file() and "\nmigrate-merge:" in makefile.read_text(encoding="utf-8", errors="replace"):
        return "make migrate-merge"
    return '.venv/bin/python -m alembic merge heads -m "merge heads"'


def _constants(module: ast.Module) -> dict[str, Any]:
    """Return the module-level names of a module that are set to constants."""
    found: dict[str, Any] = {}
    for node in module.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                with suppress(ValueError):
                    found[name] = ast.literal_eval(value)
    return found
