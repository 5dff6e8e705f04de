"""Tests that the owner's code is rewritten to the template's moved names before the merge."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from conftest import SMALL_TEMPLATE
from documents import parts_in
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.errors import BadInputError
from mkbackend.project.repository import Repository
from mkbackend.slices import base, record
from mkbackend.slices.survey import NEEDED, NEEDED_FOR_NEW, NEEDED_TO_ADD
from mkbackend.template import source as template_module
from mkbackend.update import merge

from .conftest import Content, Made, Project, Template, make_releases, migration

SEAL = '''"""Signed texts."""

from app.core.config import Settings


class Seal:
    """Signs texts."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.key

    def make(self, text: str) -> str:
        return text + self._key


def stray() -> int:
    return 1
'''
USER = """from app.core.config import Settings
from app.core.seal import Seal, stray


def seal_of(settings: Settings) -> Seal:
    return Seal(settings)


NUMBER = stray()
"""
OLD: dict[str, Content] = {
    **SMALL_TEMPLATE,
    "pyproject.toml.jinja": SMALL_TEMPLATE["pyproject.toml.jinja"] + '\n[tool.ruff.lint]\nselect = ["I"]\n',
    "app/core/__init__.py": "",
    "app/core/config.py": 'class Settings:\n    key: str = "key"\n',
    "app/core/seal.py": SEAL,
    "app/core/old/__init__.py": "",
    "app/core/old/py.typed": "",
    "app/core/old/parts.py": "from . import pieces\n\nPART = pieces.PIECE\n",
    "app/core/old/pieces.py": "PIECE = 1\n",
    "app/user.py": USER,
    "Makefile": "seal:\n\tpython -m app.core.seal\n",
}
NEW: dict[str, Content] = {
    "app/core/seal.py": None,
    "app/core/old/__init__.py": None,
    "app/core/old/py.typed": None,
    "app/core/old/parts.py": None,
    "app/core/old/pieces.py": None,
    "app/kit/__init__.py": "",
    "app/kit/signer.py": SEAL.replace("Seal", "Signer")
    .replace("def make(", "def sign(")
    .replace("\n\ndef stray() -> int:\n    return 1\n", ""),
    "app/kit/other.py": "def found() -> int:\n    return 1\n",
    "app/kit/fresh/__init__.py": "",
    "app/kit/fresh/py.typed": "",
    "app/kit/fresh/parts.py": "from . import pieces\n\nPART = pieces.PIECE\n",
    "app/kit/fresh/pieces.py": "PIECE = 1\n",
    "app/user.py": USER.replace(
        "core.seal import Seal, stray", "kit.other import found\nfrom app.kit.signer import Signer"
    )
    .replace("Seal", "Signer")
    .replace("stray()", "found()"),
    "Makefile": "seal:\n\tpython -m app.kit.signer\n",
    "moves.toml": """
["0.2.0".modules]
"app.core.seal" = "app.kit.signer"
"app.core.old" = "app.kit.fresh"

["0.2.0".names]
"app.core.seal.Seal" = "app.kit.signer.Signer"
"app.core.seal.stray" = "app.kit.other.found"
""",
}


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a template whose second release has moves, and a project of the first; do not change them."""
    return make_releases(tmp_path_factory.mktemp("moves"), OLD, NEW)


@pytest.fixture
def project(house: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendered: Callable[..., None]) -> Project:
    """Return a project of the first release, on a machine with the second installed."""
    shutil.copytree(house.project, tmp_path / "work" / "shop")
    monkeypatch.setattr(template_module, "_SHIPPED", house.bundle)
    monkeypatch.setattr("mkbackend.update.update.render", rendered)
    return Project(tmp_path / "work" / "shop")


MINE = '''from app.core.old.parts import PART
from app.core.seal import Seal, stray


def mine(seal: "Seal | None" = None) -> int:
    """Use what the template has."""
    return stray() + PART
'''


def test_an_unedited_project_equals_a_new_one(project: Project) -> None:
    output = project.update()
    assert "Your code was updated" not in output
    assert "Old names" not in output
    assert not (project.root / "app/core/seal.py").exists()
    assert not (project.root / "moves.toml").exists()
    for name, content in NEW.items():
        if name != "moves.toml":
            assert (project.root / name).exists() == (content is not None)
            assert content is None or project.read(name) == content


def test_the_owners_code_is_rewritten(project: Project) -> None:
    project.edit(
        {
            "app/mine.py": MINE,
            "app/core/old/own.py": "from .parts import PART\n",
            "app/user.py": USER + "\n\nOWN = Seal(Settings())\n",
            "app/core/seal.py": SEAL.replace("Signs texts", "Signs all texts"),
            "README.md": "See app/core/seal.py and app.core.seal.Seal.\n",
            "app/strings.py": 'NAME = "app.core.old.parts"\n',
        }
    )
    before = project.tree()
    output = project.update()
    assert project.read("app/mine.py") == (
        "from app.kit.fresh.parts import PART\n"
        "from app.kit.other import found\n"
        "from app.kit.signer import Signer\n"
        "\n\n"
        'def mine(seal: "Signer | None" = None) -> int:\n'
        '    """Use what the template has."""\n'
        "    return found() + PART\n"
    )
    assert project.read("app/kit/fresh/own.py") == "from .parts import PART\n"
    assert project.read("app/user.py").endswith("OWN = Signer(Settings())\n")
    assert "Signs all texts" in project.read("app/kit/signer.py")
    assert "def sign(" in project.read("app/kit/signer.py")
    assert "Your code was updated to the new names: 2 files moved, 13 names in 3 files rewritten.\n" in output
    assert "change by hand:\n  README.md:1: app/core/seal.py\n  README.md:1: app.core.seal.Seal\n" in output
    assert "  app/strings.py:1: app.core.old.parts\n" in output
    project.undo(output)
    assert project.tree() == before
    assert project.status() == {}


def test_a_dry_run_shows_the_rewriting_and_writes_nothing(project: Project) -> None:
    project.edit({"app/mine.py": MINE, "notes.txt": "app.core.seal\n"})
    before = project.tree()
    output = project.update("--dry-run")
    for line in (
        "-from app.core.seal import Seal, stray\n",
        "+from app.kit.signer import Signer\n",
        "0 files moved, 5 names in 1 file rewritten.",
        "  notes.txt:1: app.core.seal\n",
    ):
        assert line in output
    assert (project.tree(), project.status()) == (before, {})


def test_a_document_has_the_rewriting(project: Project) -> None:
    project.edit(
        {
            "app/mine.py": MINE,
            "app/core/old/own.py": "from .parts import PART\n",
            "app/core/old/taken.py": "mine = 2\n",
            "app/kit/fresh/taken.py": "mine = 1\n",
            "app/broken.py": "from app.core.seal import Seal\nprint 'x'\n",
            "app/star.py": "from app.core.seal import *\n",
            "notes.txt": "app.core.seal\n",
        }
    )
    done = CliRunner().invoke(cli.app, ["update", str(project.root), "--dry-run", "--json"])
    found = json.loads(done.stdout)
    by_hand = [f".by_hand.{name}[]" for name in ("not_moved", "unread", "notes", "old_names")]
    assert {".moved[].from", ".rewritten[].names", *by_hand} <= parts_in("update", found)
    assert {"path": "app/mine.py", "names": 5} in found["rewritten"]
    assert {"from": "app/core/old/own.py", "to": "app/kit/fresh/own.py"} in found["moved"]


def test_an_edited_line_with_a_moved_name_is_merged(project: Project) -> None:
    project.edit({"app/user.py": USER.replace("return Seal(settings)", "return Seal(settings or Settings())")})
    assert project.update() != ""
    text = project.read("app/user.py")
    assert "    return Signer(settings or Settings())\n" in text
    assert "<<<<<<<" not in text


def test_a_file_that_the_owner_renamed_keeps_its_names_and_conflicts(
    project: Project,
) -> None:
    project.edit({"app/core/seal.py": None, "app/stamp.py": SEAL, "app/mine.py": "from app.stamp import Seal\n"})
    output = project.update(code=1)
    assert "app/stamp.py: changed here and in the template" in output
    assert project.read("app/mine.py") == "from app.stamp import Seal\n"
    project.undo(output)
    assert project.status() == {}


def test_a_file_that_the_owner_deleted_is_not_recreated(project: Project) -> None:
    project.edit({"app/core/seal.py": None, "app/user.py": None})
    output = project.update()
    assert "Skipped, because you deleted it:\n  app/kit/signer.py\n\n" in output
    assert not (project.root / "app/user.py").exists()
    assert not (project.root / "app/kit/signer.py").exists()


def test_a_file_whose_new_path_is_taken_is_kept_and_reported(project: Project) -> None:
    project.edit({"app/kit/fresh/own.py": "mine = 1\n", "app/core/old/own.py": "mine = 2\n"})
    output = project.update()
    assert "the new path is taken:\n  app/core/old/own.py → app/kit/fresh/own.py\n" in output
    assert project.read("app/core/old/own.py") == "mine = 2\n"
    assert project.read("app/kit/fresh/own.py") == "mine = 1\n"


def test_a_new_file_of_the_template_at_a_taken_path_is_a_conflict(project: Project) -> None:
    project.edit({"app/kit/signer.py": "mine = 1\n"})
    output = project.update(code=1)
    assert "app/kit/signer.py: added here and in the template" in output
    project.undo(output)
    assert project.status() == {}


def test_an_untracked_file_at_a_new_path_is_refused(project: Project) -> None:
    project.edit({"app/core/old/own.py": "mine = 1\n"})
    project.edit({"app/kit/fresh/own.py": "mine = 2\n"}, commit=False)
    output = project.update(code=2)
    assert "Untracked files are in the way of the update: app/kit/fresh/own.py." in output
    assert project.read("app/kit/fresh/own.py") == "mine = 2\n"


def test_an_ignored_file_at_a_new_path_is_kept(project: Project) -> None:
    project.edit({"app/core/old/own.py": "mine = 1\n", ".gitignore": "/app/kit/\n.env\n"})
    project.edit({"app/kit/fresh/own.py": "mine = 2\n"}, commit=False)
    output = project.update()
    assert "  app/core/old/own.py → app/kit/fresh/own.py\n" in output
    assert project.read("app/kit/fresh/own.py") == "mine = 2\n"
    assert project.read("app/core/old/own.py") == "mine = 1\n"


def test_invalid_python_is_kept_and_reported(project: Project) -> None:
    broken = "from app.core.seal import Seal\nprint 'x'\n"
    project.edit({"app/broken.py": broken, "app/fine.py": "print 'seal'\n"})
    output = project.update()
    assert "Not rewritten, because it is not valid Python:\n  app/broken.py\n\n" in output
    assert project.read("app/broken.py") == broken


def test_only_files_that_were_formatted_are_formatted_again(project: Project) -> None:
    long = 'x = [Seal, "{}"]\n'.format("y" * (88 - 14))
    project.edit(
        {
            "app/long.py": f"from app.core.seal import Seal\n\n{long}",
            "app/wild.py": f"from app.zebra import x\nfrom app.core.seal import Seal\n{long}",
        }
    )
    project.update()
    assert project.read("app/long.py").count("\n") > 4
    assert project.read("app/wild.py") == (
        f"from app.zebra import x\nfrom app.kit.signer import Signer\n{long.replace('Seal', 'Signer')}"
    )


def test_links_and_modes_are_kept(project: Project) -> None:
    (project.root / "app/core/old/script.py").write_text("#!/usr/bin/env python\nfrom app.core.seal import Seal\n")
    (project.root / "app/core/old/script.py").chmod(0o755)
    (project.root / "app/core/old/link.py").symlink_to("parts.py")
    project.edit({})
    output = project.update()
    assert os.access(project.root / "app/kit/fresh/script.py", os.X_OK)
    assert "app/core/old/link.py → app/kit/fresh/link.py" in output
    assert (project.root / "app/core/old/link.py").is_symlink()


def test_a_file_with_a_git_filter_is_not_moved(project: Project) -> None:
    project.git("config", "filter.upper.clean", "tr a-z A-Z")
    project.git("config", "filter.upper.smudge", "tr A-Z a-z")
    secret = "from app.core.seal import stray\n"
    project.edit({".gitattributes": "secret.py filter=upper\n", "app/core/old/secret.py": secret})
    output = project.update()
    assert project.read("app/core/old/secret.py") == secret
    assert "app/core/old/secret.py → app/kit/fresh/secret.py" in output
    project.undo(output)
    assert project.status() == {}


def test_in_a_monorepo_only_this_project_is_rewritten(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(project.root / ".git")
    (tmp_path / "all").mkdir()
    project.root.rename(tmp_path / "all" / "shop")
    shop, whole = Project(tmp_path / "all" / "shop"), Project(tmp_path / "all")
    whole.git("init", "--quiet", "--initial-branch=main")
    for name in ("app/mine.py", "other/app/mine.py", "shop/app/mine.py", "shop/app/sub/app/mine.py"):
        whole.write({name: MINE})
    shutil.copy(shop.root / ".copier-answers.yml", shop.root / "app/sub/.copier-answers.yml")
    whole.commit({})
    output = shop.update()
    assert "app.kit.signer" in shop.read("app/mine.py")
    for name in ("app/mine.py", "other/app/mine.py", "shop/app/sub/app/mine.py"):
        assert whole.read(name) == MINE
    shop.undo(output)
    assert whole.status() == {}


def test_a_merge_refused_by_git_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(place: Repository, commit: str) -> None:
        if place.top == project.root:
            raise BadInputError("git cannot merge")
        pick(place, commit)

    pick = merge.cherry_pick
    monkeypatch.setattr(merge, "cherry_pick", refuse)
    project.edit({"app/mine.py": MINE})
    before = project.tree()
    project.update(code=2)
    assert (project.tree(), project.status()) == (before, {})


def test_a_run_interrupted_between_rewriting_and_merge_can_be_undone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(place: Repository, commit: str) -> None:
        if place.top == project.root:
            raise KeyboardInterrupt
        pick(place, commit)

    pick = merge.cherry_pick
    project.edit({"app/core/old/own.py": MINE})
    before = project.tree()
    with monkeypatch.context() as patch:
        patch.setattr(merge, "cherry_pick", die)
        project.update(code=130)
    assert (project.root / "app/kit/fresh/own.py").exists()
    output = project.update(code=2)
    assert "A previous update was interrupted halfway." in output
    command = output.partition("then update again: ")[2].strip()
    subprocess.run(command, shell=True, cwd=project.root, check=True, capture_output=True)  # noqa: S602  # as a person would
    assert (project.tree(), project.status()) == (before, {})
    project.update()


def test_moves_of_past_releases_are_not_applied_again(
    project: Project, house: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The old names may be in use again.
    project.update()
    project.edit({"app/core/seal.py": "Seal = 1\n", "app/mine.py": "from app.core.seal import Seal\n"})
    template = Template(tmp_path / "template")
    shutil.copytree(house.template, template.root)
    template.put({"app/kit/other.py": "def found() -> int:\n    return 2\n"})
    template.release("0.3.0")
    template.ship(monkeypatch)
    output = project.update()
    assert "Your code was updated" not in output
    assert project.read("app/mine.py") == "from app.core.seal import Seal\n"


def test_moves_of_several_releases_are_combined(
    project: Project, house: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit({"app/mine.py": MINE})
    template = Template(tmp_path / "template")
    shutil.copytree(house.template, template.root)
    later = '["0.3.0".names]\n"app.kit.signer.Signer" = "app.kit.signer.Notary"\n'
    text = str(NEW["app/kit/signer.py"]).replace("Signer", "Notary")
    template.put({"moves.toml": f"{NEW['moves.toml']!s}\n{later}", "app/kit/signer.py": text})
    template.release("0.3.0")
    template.ship(monkeypatch)
    project.update()
    assert "from app.kit.signer import Notary\n" in project.read("app/mine.py")


def test_a_malformed_list_is_reported(
    project: Project, house: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = Template(tmp_path / "template")
    shutil.copytree(house.template, template.root)
    template.put({"moves.toml": '["0.3.0".names]\n"Seal" = "app.Signer"\n'})
    template.release("0.3.0")
    template.ship(monkeypatch)
    output = project.update(code=1)
    assert 'template/moves.toml of the template is malformed: "Seal" = "app.Signer" of 0.3.0 has no module' in output
    assert project.status() == {}


def test_the_record_of_a_slice_is_rewritten(
    project: Project, house: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"alembic/versions/first.py": migration("aaa1", None)}
    project.edit({**dict.fromkeys((*NEEDED, NEEDED_FOR_NEW, NEEDED_TO_ADD), ""), **first})
    done = CliRunner().invoke(cli.app, ["add", "article", "title:str", "--project", str(project.root)])
    assert done.exit_code == 0, done.output
    project.edit({"app/service/article_service.py": project.read("app/service/article_service.py") + "# mine\n"})
    template = Template(tmp_path / "template")
    shutil.copytree(house.template, template.root)
    moved = (
        '["0.3.0".modules]\n"app.domain.schemas.base" = "app.domain.schemas.root"\n"tests.fakes" = "tests.doubles"\n'
    )
    template.put({"moves.toml": f"{NEW['moves.toml']!s}\n{moved}"})
    template.release("0.3.0")
    template.ship(monkeypatch)
    output = project.update()
    known = record.read(project.root, "article")
    assert known
    assert "tests/doubles/article_repository.py" in known.files
    touched = [path for path in known.files if not known.is_untouched(project.root, path)]
    assert touched == ["app/service/article_service.py"]
    assert base.read(project.root, known).keys() == {path for path in known.files if not path.startswith("alembic")}
    assert "app.domain.schemas.root" in project.read("app/domain/schemas/article.py")
    assert "Old names" not in output
    project.undo(output)
    assert project.status() == {}


def test_plain_copier_warns_that_it_does_not_rewrite_names(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    assert "copier update" not in project.update()
    project.git("reset", "--quiet", "--hard")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        copier.run_update(defaults=True, overwrite=True, settings=copier.Settings())
    assert "`mkbackend update` renames them first." in capfd.readouterr().err
