"""Linter for migrations that would block a service in use.

    python -m scripts.lint_migrations

squawk checks the SQL of each by the rules of .squawk.toml, without a database. A
migration can ignore a rule, with a reason:

    # squawk-ignore ban-drop-column: no release since 1.4 reads it
"""

import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

import app.domain.models  # noqa: F401 - brings every table
from app.domain.models.base import Base

SQUAWK = Path(sys.executable).with_name("squawk")
# Colours and links, which squawk prints to pipes, too.
ESCAPES = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;;.*?\x1b\\")
IGNORED = re.compile(r"^\s*# squawk-ignore ([\w-]+): \S", re.MULTILINE)


def sql_of(script: Script) -> str:
    """Return the SQL of a migration's upgrade."""
    written = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={
            "as_sql": True,
            "literal_binds": True,
            "output_buffer": written,
            "target_metadata": Base.metadata,
        },
    )
    with Operations.context(context), context.begin_transaction():
        script.module.upgrade()
    return written.getvalue()


def write_sql(script: Script, directory: Path) -> None:
    """Write the SQL to a file named after the migration, after its ignored rules."""
    path = Path(script.path)
    known = IGNORED.findall(path.read_text(encoding="utf-8"))
    lines = [f"-- squawk-ignore-file {rule}" for rule in known] + [sql_of(script)]
    (directory / f"{path.stem}.sql").write_text("\n".join(lines), encoding="utf-8")


def run_squawk(directory: str) -> int:
    """Run squawk, with colours on a terminal only; return its exit code."""
    command = (SQUAWK, "*.sql")
    if sys.stdout.isatty():
        return subprocess.run(command, cwd=directory).returncode
    done = subprocess.run(command, cwd=directory, capture_output=True, encoding="utf-8")
    print(ESCAPES.sub("", done.stdout + done.stderr), end="")
    return done.returncode


def main() -> int:
    """Check all migrations; return the exit code."""
    scripts = ScriptDirectory.from_config(Config("alembic.ini")).walk_revisions()
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(".squawk.toml", directory)
        for script in scripts:
            write_sql(script, Path(directory))
        code = run_squawk(directory)
    if code:
        print("See docs/migrations.md. If it is safe: # squawk-ignore RULE: REASON")
    return code


if __name__ == "__main__":
    sys.exit(main())
