"""Tests of the list of moves: parsed, combined, and applied to paths and texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mkbackend.errors import MkbackendError
from mkbackend.update.moves.left import find_left
from mkbackend.update.moves.paths import find_blocked, find_moved
from mkbackend.update.moves.table import Moves, read

LISTED = """
["0.10.0".modules]
"app.kit" = "app.tools"

["0.9.0".modules]
"app.core.seal" = "app.kit.signer"
["0.9.0".names]
"app.core.seal.Seal" = "app.kit.signer.Signer"
"""


@pytest.mark.parametrize(
    ("since", "module", "name"),
    [
        ("v0.8.1", "app.tools.signer", "app.tools.signer.Signer"),
        ("v0.8.1.post3+g0123abc", "app.tools.signer", "app.tools.signer.Signer"),
        ("v0.9.0", "app.core.seal", "app.core.seal.Seal"),
        ("v0.9.0-3-g0123abc", "app.core.seal", "app.core.seal.Seal"),
        ("main", "app.tools.signer", "app.tools.signer.Signer"),
        ("0123abc", "app.tools.signer", "app.tools.signer.Signer"),
    ],
)
def test_moves_of_newer_versions_are_combined(since: str, module: str, name: str) -> None:
    moves = read(LISTED, since)
    assert (moves.module("app.core.seal"), moves.apply("app.core.seal.Seal")) == (module, name)
    assert moves.apply("app.kit.x") == ("app.tools.x")


@pytest.mark.parametrize("text", ["", "# only words\n", '["0.9.0".modules]\n'])
def test_a_list_without_moves_is_false(text: str) -> None:
    assert not read(text, "v0.1.0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "malformed: "),
        ("[new.modules]\n", '"new" is not a version'),
        ('"0.9.0" = 1\n', "'0.9.0' is not a table"),
        ('["0.9.0".classes]\n', "['0.9.0'] has 'classes', where modules or names is expected"),
        ('["0.9.0"]\nmodules = 1\n', "modules of 0.9.0 is not a table"),
        ('["0.9.0".modules]\n"app/core" = "app.kit"\n', "modules of 0.9.0: 'app/core' is not a dotted name"),
        ('["0.9.0".modules]\n"app.core" = 1\n', "modules of 0.9.0: 1 is not a dotted name"),
        ("[\"0.9.0\".modules]\n'app.core' = 'app.'\n", "modules of 0.9.0: 'app.' is not a dotted name"),
        ('["0.9.0".names]\n"Seal" = "app.Signer"\n', '"Seal" = "app.Signer" of 0.9.0 has no module'),
        ('["0.9.0"]\nmodules."a.b" = "c"\nnames."a.b" = "c.d"\n', '"a.b" of 0.9.0 is both a module and a name'),
    ],
)
def test_a_malformed_list_is_refused_with_its_location(text: str, message: str) -> None:
    with pytest.raises(MkbackendError) as error:
        read(text, "v0.1.0")
    assert error.value.message.startswith("template/moves.toml of the template is malformed: ")
    assert message in error.value.message


_part = st.sampled_from("abc")
_names = st.lists(_part, min_size=1, max_size=4).map(".".join)
_moves = st.dictionaries(_names, _names, max_size=4).map(Moves)


@given(_moves, _moves, _moves, _names)
def test_combined_moves_equal_moves_applied_one_by_one(one: Moves, two: Moves, three: Moves, name: str) -> None:
    assert one.then(two).then(three).apply(name) == three.apply(two.apply(one.apply(name)))


PACKAGE = Moves(
    {"app.core": "app.base", "app.core.stays": "app.core.stays", "app.one": "app.two.part", "app.x": "app.y"}
)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("app/core/__init__.py", "app/base/__init__.py"),
        ("app/core/deep/module.pyi", "app/base/deep/module.pyi"),
        ("app/core/py.typed", "app/base/py.typed"),
        ("app/core/data/a.json", "app/base/data/a.json"),
        ("app/core/stays.py", "app/core/stays.py"),
        ("app/core.md", "app/core.md"),
        ("app/one.py", "app/two/part.py"),
        ("app/one.json", "app/one.json"),
        ("app/x.py", "app/y/__init__.py"),
        ("pyproject.toml", "pyproject.toml"),
        ("other/app/one.py", "other/app/one.py"),
    ],
)
def test_a_file_moves_with_its_module(path: str, there: str) -> None:
    assert find_moved([path], PACKAGE, {"app/y/__init__.py"}).get(path, path) == there


def test_a_file_is_not_moved_onto_another() -> None:
    moved = {"a.py": "b.py", "b.py": "c.py", "d.py": "e.py", "f.py": "g.py", "h.py": "g.py", "i.py": "j/k.py"}
    assert find_blocked(moved, {*moved, "c.py", "j"}) == {"a.py", "b.py", "f.py", "h.py", "i.py"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("app.core.seal", ["app.core.seal"]),
        ('"app.core.seal:make"', ["app.core.seal"]),
        ("see app.core.seal.Seal.make, app.core.seal.Seal.", ["app.core.seal.Seal.make", "app.core.seal.Seal"]),
        ("COPY ./app/core/seal.py /app/core/seal", ["app/core/seal.py", "app/core/seal"]),
        ("app.core.sealed, my-app/core/seal.py, self.app.core.seal, app.core", []),
        ("app.kit.signer", []),
        ("known app.core.seal", []),
    ],
)
def test_old_names_in_texts_are_found(line: str, found: list[str]) -> None:
    moves = Moves({"app.core.seal": "app.kit.signer"}, {"app.core.seal.Seal": "app.kit.signer.Signer"})
    text = f"first\n{line}\nlast\n"
    assert find_left(text, moves, known="known app.core.seal\n") == [(2, name) for name in found]


def test_a_name_that_is_also_new_is_not_reported() -> None:
    assert find_left("app.one, app.two.x", Moves({"app.one": "app.two", "app.two": "app.three"})) == [(1, "app.one")]
