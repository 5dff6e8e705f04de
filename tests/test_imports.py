"""Tests of conflicts in which both sides added or removed imports."""

from pathlib import Path

import pytest

from mkbackend.update.imports import merge

BASE = "from app.a import A\nfrom app.c import C, D\n\nprint(A, C)\n"


def merged(directory: Path, ours: str, theirs: str, base: str = BASE) -> str | None:
    return merge([text.encode() for text in (base, ours, theirs)], directory)


def test_additions_and_removals_of_both_sides_are_merged(tmp_path: Path) -> None:
    ours = BASE.replace("from app.c import C, D\n", "from app.b import Mine\nfrom app.c import C, D\n")
    theirs = BASE.replace("from app.c import C, D\n", "from app.c import C\nfrom app.d import (\n    Theirs as T,\n)\n")
    assert merged(tmp_path, ours, theirs) == (
        "from app.a import A\nfrom app.b import Mine\nfrom app.c import C\nfrom app.d import Theirs as T\n"
        "\nprint(A, C)\n"
    )


def test_plain_and_relative_imports_are_merged_too(tmp_path: Path) -> None:
    text = merged(tmp_path, "import a\nfrom . import b\n", "import c.d as e\nfrom ..f import g\n", "import a\n")
    assert text is not None
    assert sorted(text.splitlines()) == ["from . import b", "from ..f import g", "import c.d as e"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("import mine\nsetup()\n", "import theirs\n"),
        ("import mine  # first\n", "import theirs\n"),
        ("x = 1\n", "x = 2\n"),
        ("from mine import (\n", "import theirs\n"),
    ],
)
def test_a_conflict_beyond_imports_is_left_to_the_owner(ours: str, theirs: str, tmp_path: Path) -> None:
    assert merged(tmp_path, ours, theirs, "import base\n") is None


def test_texts_without_a_conflict_are_not_merged(tmp_path: Path) -> None:
    assert merged(tmp_path, BASE, BASE) is None


def test_undecodable_bytes_are_not_merged(tmp_path: Path) -> None:
    assert merge([b"import a\n", b"import \xff\n", b"import b\n"], tmp_path) is None
