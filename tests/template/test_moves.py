"""Tests that the list of moves matches the template: old names are gone, new names exist."""

import ast
from pathlib import Path

import pytest

from mkbackend.update.moves.left import find_left
from mkbackend.update.moves.table import Moves, read

from .conftest import TEMPLATE
from .test_source import FILES

MOVES = read((TEMPLATE / "moves.toml").read_text(encoding="utf-8"), "v0.0")
# A released migration never changes.
_FIXED = {TEMPLATE / "moves.toml", *TEMPLATE.glob("alembic/versions/*.py")}


def place(module: str) -> Path | None:
    """Return the file of a module of the template, or None."""
    path = TEMPLATE.joinpath(*module.split("."))
    return next((found for found in (path.with_suffix(".py"), path / "__init__.py") if found.is_file()), None)


def has(name: str, *, imported: bool = True) -> bool:
    """Return whether a module of the template binds a name, imports included."""
    module, _, last = name.rpartition(".")
    if not (path := place(module)):
        return False
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom) and not imported:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = [getattr(node, "name", None), *targets, *getattr(node, "names", ())]
        if last in {getattr(found, "id", getattr(found, "name", found)) for found in names}:
            return True
    return False


def misfits(moves: Moves) -> list[str]:
    """Return the errors of a list of moves."""
    new = set(moves.all.values())
    return [
        *(f"{name} is not there" for name in moves.modules.values() if not place(name)),
        *(f"{name} is not there" for name in moves.names.values() if not has(name)),
        *(f"{name} is still there" for name in moves.modules if place(name) and name not in new),
        *(f"{name} is still there" for name in moves.names if has(name, imported=False) and name not in new),
    ]


def test_the_list_of_moves_matches_the_template() -> None:
    assert misfits(MOVES) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("app.gone", "app.nowhere", "app.nowhere is not there"),
        ("app.core.config", "app.core.database", "app.core.config is still there"),
        ("app.core.config.Settings", "app.core.config.Nothing", "app.core.config.Nothing is not there"),
        ("app.core.config.Settings", "app.core.database.DatabaseManager", "app.core.config.Settings is still there"),
        ("app.core.config.Old", "app.core.config.Settings", None),
    ],
)
def test_a_wrong_list_is_detected(old: str, new: str, message: str | None) -> None:
    is_name = old.rpartition(".")[2].istitle()
    found = misfits(Moves(names={old: new}) if is_name else Moves({old: new}))
    assert message in found if message else found == []


def test_no_text_of_the_template_contains_an_old_name() -> None:
    texts = {path: path.read_bytes().decode(errors="replace") for path in FILES if path not in _FIXED}
    found = {str(path.relative_to(TEMPLATE)): left for path, text in texts.items() if (left := find_left(text, MOVES))}
    assert found == {}
