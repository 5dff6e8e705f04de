"""Tests of `mkbackend update --json`: one document of the documented shape, for every outcome."""

import json
from typing import Any

import pytest
from documents import parts_in, require
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.screen import Screen
from mkbackend.update.update import Request

from .conftest import Project, migration, numbered
from .sliced import BASE, OLDER, RECORD, SERVICE, edit
from .test_refreshed_slices import MINE

# test_moves.py and the tests below of slices have these.
MOVES = (".moved[]", ".rewritten[]", *(f".by_hand.{name}[]" for name in ("not_moved", "unread", "notes", "old_names")))
SLICES = (".slices.refreshed[]", ".slices.left[]", ".slices.skipped[]")


def document(project: Project, *words: str, code: int = 0) -> dict[str, Any]:
    """Return the document that an update prints on one line."""
    done = CliRunner().invoke(cli.app, ["update", str(project.root), "--json", *words])
    assert done.exit_code == code, done.output
    assert done.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_document_has_the_changes_and_what_is_left_to_do(project: Project) -> None:
    answers = project.read(".copier-answers.yml")
    project.edit(
        {
            ".copier-answers.yml": f"{answers}# mine\n",
            ".gitignore": "app/added_there.py\n.env\n",
            "app/both.py": numbered("both", _3="mine = 1"),
            "app/changed_there.py": None,
            "alembic/versions/mine.py": migration("mine1", "aaa1"),
        }
    )
    project.edit({"app/added_there.py": "mine\n"}, commit=False)
    planned = document(project, "--dry-run", code=1)
    assert (planned["staged"], planned["next"], planned["undo"], project.status()) == (False, [], "", {})
    assert "+template = 3" in planned["diff"]
    made = document(project, code=1)
    assert (made["from"], made["to"], made["staged"], made["diff"]) == ("0.1.0", "0.2.0", True, "")
    renamed = {"change": "renamed", "path": "app/new_name.py", "from": "app/renamed_there.py"}
    assert renamed in made["changes"]
    assert made["conflicts"] == [{"path": "app/both.py", "why": "changed here and in the template"}]
    assert made["skipped"] == ["app/changed_there.py"]
    assert made["kept"] == [{"path": "app/added_there.py", "new": "app/added_there.py.new"}]
    assert made["answers_lines"] == ["# mine"]
    assert made["follow_up"]["settings"] == ["SMTP_HOST"]
    assert made["follow_up"]["merge_migration"].startswith("alembic/versions/")
    assert "git add --all, once the conflicts are resolved" in made["next"]
    project.undo(f"Undo:\n{made['undo']}")
    project.edit({"alembic/versions/2026_01_01_0000_users.py": None, "alembic/versions/mine.py": None})
    orphaned = document(project, "--dry-run", code=1)
    assert orphaned["follow_up"]["orphans"] == ["aaa2 follows aaa1"]
    require("update", [planned, made, orphaned], without=(*MOVES, *SLICES))


def test_nothing_to_do_has_the_same_shape(project: Project) -> None:
    project.update()
    project.commit({})
    found = document(project)
    parts_in("update", found)
    assert (found["from"], found["to"], found["staged"], found["changes"]) == ("0.2.0", "0.2.0", False, [])


def test_slices_are_refreshed_left_or_skipped(sliced: Project) -> None:
    sliced.edit({SERVICE: sliced.read(SERVICE) + MINE})
    merged = document(sliced, "--dry-run")
    (refreshed,) = merged["slices"]["refreshed"]
    assert (refreshed["name"], refreshed["merged"]) == ("article", [SERVICE])
    edit(sliced, SERVICE, OLDER[SERVICE][1], '"""Mine."""')
    conflict = document(sliced, "--dry-run", code=1)
    (left,) = conflict["slices"]["left"]
    assert left["conflicts"] == [{"path": SERVICE, "why": "changed here and in the templates"}]
    sliced.edit({BASE: None})
    without_history = sliced.git("commit-tree", sliced.git("rev-parse", "HEAD^{tree}"), "-m", "step")
    sliced.git("reset", "--quiet", "--hard", without_history)
    unknown = document(sliced, "--dry-run", code=1)
    assert [each["without_base"] for each in unknown["slices"]["left"]] == [[SERVICE]]
    sliced.edit({RECORD: "name = 1\n"})
    skipped = document(sliced, "--dry-run")
    assert [each["name"] for each in skipped["slices"]["skipped"]] == ["article"]
    met = set[str]().union(*(parts_in("update", each) for each in (merged, unknown, conflict, skipped)))
    for part in ("refreshed[].files[]", "refreshed[].merged[]", "left[].conflicts[].why", "left[].without_base[]"):
        assert f".slices.{part}" in met
    assert ".slices.skipped[].why" in met


@pytest.mark.parametrize(("words", "asks"), [([], True), (["--json"], False)])
def test_in_a_terminal_it_asks_nothing(monkeypatch: pytest.MonkeyPatch, words: list[str], asks: bool) -> None:
    def update(request: Request, screen: Screen) -> int:
        requests.append(request)
        return 0

    requests: list[Request] = []
    monkeypatch.setattr("mkbackend.cli.update.in_terminal", lambda: True)
    monkeypatch.setattr("mkbackend.update.update.update", update)
    assert CliRunner().invoke(cli.app, ["update", *words]).exit_code == 0
    assert [request.ask for request in requests] == [asks]


def test_a_refusal_is_a_document_too(project: Project) -> None:
    project.edit({"app/both.py": "mine\n"}, commit=False)
    found = document(project, code=2)
    require("error", [found])
    assert "app/both.py" in found["error"]["message"]
