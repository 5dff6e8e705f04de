"""The lint of migrations: refusals and exceptions."""

import shutil
from pathlib import Path

import pytest

from scripts.lint_migrations import main

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
{comment}
def upgrade():
    {statement}
"""
SAFE = [
    'op.create_table("books", sa.Column("id", sa.Uuid(), primary_key=True))',
    'op.add_column("books", sa.Column("title", sa.Text(), nullable=True))',
    """with op.get_context().autocommit_block():
        op.create_index("ix", "books", ["title"], postgresql_concurrently=True)""",
]
DANGEROUS = {
    "require-concurrent-index-creation": 'op.create_index("ix", "books", ["title"])',
    "ban-drop-column": 'op.drop_column("books", "title")',
    "renaming-column": 'op.alter_column("books", "title", new_column_name="name")',
    "changing-column-type": 'op.alter_column("books", "title", type_=sa.Text())',
    "adding-foreign-key-constraint": (
        'op.create_foreign_key("fk", "books", "users", ["user_id"], ["id"])'
    ),
}


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory of migrations that this project's rules apply to."""
    for name in ("alembic.ini", ".squawk.toml"):
        shutil.copy(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    versions = tmp_path / "alembic" / "versions"
    versions.mkdir(parents=True)
    return versions


def write(versions: Path, statement: str, comment: str = "") -> None:
    text = MIGRATION.format(statement=statement, comment=comment)
    (versions / "one.py").write_text(text)


@pytest.mark.parametrize("statement", SAFE)
def test_a_safe_migration_passes(versions: Path, statement: str) -> None:
    write(versions, statement)
    assert main() == 0


@pytest.mark.parametrize("rule", DANGEROUS)
def test_a_blocking_or_breaking_migration_is_refused(
    versions: Path, rule: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write(versions, DANGEROUS[rule])
    assert main() != 0
    output = capfd.readouterr().out
    assert rule in output
    assert "one.sql" in output
    assert "\x1b" not in output


@pytest.mark.parametrize(
    ("reason", "refused"), [(": it is small", 0), ("", 1), (":", 1)]
)
def test_a_rule_can_be_ignored_with_a_reason(
    versions: Path, reason: str, refused: int
) -> None:
    comment = f"# squawk-ignore ban-drop-column{reason}"
    write(versions, DANGEROUS["ban-drop-column"], comment)
    assert main() == refused
