"""Tests of the update of projects of earlier releases whose slices their owner edited."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import commit, make, run
from .releases import made_by

pytestmark = pytest.mark.skipif(not FULL, reason="nox -s full")
MODEL, SERVICE = "app/domain/models/article.py", "app/service/article_service.py"
OWNER = re.compile(r"    owner_id: Mapped\[UUID\] = mapped_column\(\n.*\n    \)\n")
VALUES = "        values = data.model_dump()\n"
STRIPPED = '        values["title"] = values["title"].strip()\n'
PROPERTY = '''
    @property
    def is_long(self) -> bool:
        """Return whether it takes long to read."""
        return len(self.body) > 1000
'''


# The slices of later releases have today's text: they bring nothing, and the edits stay.
BEHIND = ["0.5.0", "0.8.0", "0.10.0"]


@pytest.fixture(scope="module", params=[*BEHIND, "0.12.0", "0.14.0"])
def updated(request: pytest.FixtureRequest, scratch: Path, on_one_server: None) -> Iterator[Path]:
    project = scratch / f"edited-{request.param}"
    made_by(request.param, project, scratch / f"mkbackend-of-edited-{request.param}")
    commit(project)  # before 0.8.0 the history alone has the text before the edits
    model, service = project / MODEL, project / SERVICE
    text, count = OWNER.subn(lambda found: found[0] + PROPERTY, model.read_text("utf-8"))
    assert count == 1
    model.write_text(text, "utf-8")
    text = service.read_text("utf-8")
    assert VALUES in text
    service.write_text(text.replace(VALUES, VALUES + STRIPPED, 1), "utf-8")
    commit(project)
    output = run(sys.executable, "-m", "mkbackend", "update", cwd=project)
    if request.param in BEHIND:
        assert re.search(r"article: \d+ files?, \d merged with your edits\n  venue: \d+ files?\n", output)
    make(project, "install")
    yield project
    shutil.rmtree(project)


def test_edits_stay(updated: Path) -> None:
    assert PROPERTY in (updated / MODEL).read_text("utf-8")
    assert STRIPPED in (updated / SERVICE).read_text("utf-8")


def test_lint_passes(updated: Path) -> None:
    make(updated, "lint")


def test_slices_work_and_their_tables_have_not_changed(updated: Path) -> None:
    python = updated / ".venv" / "bin" / "python"
    chosen = ("-k", "article or venue or test_migrations or test_routes")
    run(python, "-m", "pytest", "-q", "-n2", *chosen, cwd=updated, TMPDIR=str(updated.parent))
