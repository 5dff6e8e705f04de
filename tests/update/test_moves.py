"""Names that the template moved: an owner's code follows them, before the merge."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import IDENTITY, ROOT, SMALL_TEMPLATE, write_command
from typer.testing import CliRunner

from mkbackend import bundle, cli
from mkbackend import template as template_module

from .conftest import Content, Made, Project, Template

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
    """Give a template that moved much in its second release, and a project of the first; nobody may change them."""
    root = tmp_path_factory.mktemp("moves")
    home = root / "home"
    (home / "bin").mkdir(parents=True)
    (home / ".gitconfig").write_text(IDENTITY)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, str(home))
        patch.setenv("PATH", f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
        write_command(home / "bin" / "uv", "raise SystemExit(127)")
        patch.chdir(root)
        small = Template(root / "template")
        small.root.mkdir()
        small.git("init", "--quiet", "--initial-branch=main")
        shutil.copy(ROOT / "copier.yml", small.root)
        small.put(OLD)
        small.release("0.1.0")
        small.ship(patch)
        result = CliRunner().invoke(cli.app, ["new", "shop", "--yes", "--no-install", "-d", "python_version=3.12"])
        assert result.exit_code == 0, result.output
        small.put(NEW)
        small.release("0.2.0")
        (root / "new.bundle").write_bytes(bundle.build(small.root))
    return Made(small.root, root / "new.bundle", root / "shop", home)


@pytest.fixture
def project(house: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendered: Callable[..., None]) -> Project:
    """Give a project of the first release, on a machine where the second is installed."""
    shutil.copytree(house.project, tmp_path / "work" / "shop")
    monkeypatch.setattr(template_module, "_SHIPPED", house.bundle)
    monkeypatch.setattr("mkbackend.update.render", rendered)
    return Project(tmp_path / "work" / "shop")


MINE = '''from app.core.old.parts import PART
from app.core.seal import Seal, stray


def mine(seal: "Seal | None" = None) -> int:
    """Use what the template has."""
    return stray() + PART
'''


def test_an_untouched_project_is_as_a_fresh_one(project: Project) -> None:
    said = project.update()
    assert "Your own code" not in said
    assert "Old names" not in said
    assert not (project.root / "app/core/seal.py").exists()
    assert not (project.root / "moves.toml").exists()
    for name, content in NEW.items():
        if name != "moves.toml":
            assert (project.root / name).exists() == (content is not None)
            assert content is None or project.read(name) == content


def test_the_owners_code_follows(project: Project) -> None:
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
    said = project.update()
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
    assert "Your own code follows the new names: 2 files moved, 11 names in 3 files rewritten.\n" in said
    assert "for you to change:\n  README.md:1: app/core/seal.py\n  README.md:1: app.core.seal.Seal\n" in said
    assert "  app/strings.py:1: app.core.old.parts\n" in said
    project.take_back(said)
    assert project.tree() == before
    assert project.status() == {}
