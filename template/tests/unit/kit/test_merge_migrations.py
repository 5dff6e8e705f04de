"""Merges of migration heads."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from scripts.merge_migrations import merge

MIGRATION = "revision = {revision!r}\ndown_revision = {follows!r}\n"


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """Return a directory of migrations with a base revision."""
    for name in ("env.py", "script.py.mako"):
        (tmp_path / name).write_text(Path("alembic", name).read_text(encoding="utf-8"))
    (tmp_path / "versions").mkdir()
    write(tmp_path, "base", follows=None)
    return tmp_path


def write(migrations: Path, revision: str, follows: str | None) -> None:
    text = MIGRATION.format(revision=revision, follows=follows)
    (migrations / "versions" / f"{revision}.py").write_text(text)


def run(migrations: Path) -> list[str]:
    """Merge the heads and return those that remain."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    merge(config)
    return ScriptDirectory.from_config(config).get_heads()


def test_two_heads_are_merged_once(migrations: Path) -> None:
    for name in ("ours", "theirs"):
        write(migrations, name, follows="base")
    (joined,) = run(migrations)
    assert joined not in ("ours", "theirs")
    assert run(migrations) == [joined]
    assert len(list((migrations / "versions").glob("*.py"))) == 4


def test_one_head_is_left_alone(
    migrations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(migrations) == ["base"]
    assert "nothing to merge" in capsys.readouterr().out
