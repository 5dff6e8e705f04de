"""Tests of the merge of an owner's edits with a new text of the templates."""

from pathlib import Path

import pytest

from mkbackend.slices.merge import find_broken, merge

BASE = "from app.a import one\n\nfirst = 1\n\n\ndef use() -> int:\n    return one\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        (
            BASE.replace("import one", "import one, two"),
            BASE.replace("import one", "import one, three"),
            BASE.replace("import one", "import one\nfrom app.a import three\nfrom app.a import two"),
        ),
        (f"{BASE}mine = 1\n", f"{BASE}theirs = 1\n", f"{BASE}mine = 1\ntheirs = 1\n"),
        (f"{BASE}import mine\n", f"{BASE}import theirs\n", f"{BASE}import mine\nimport theirs\n"),
        (BASE.replace("first = 1", "first = 2"), BASE.replace("first = 1", "first = 3"), None),
        (BASE.replace("first = 1", ""), BASE.replace("first = 1", "first = 3"), None),
    ],
)
def test_imports_and_additions_of_both_sides_are_kept(mine: str, theirs: str, merged: str | None) -> None:
    assert merge(mine, BASE, theirs) == merged


def test_new_undefined_and_duplicate_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 88\n")
    use = "def use() -> int:\n    return 1\n"
    mine = {"app/a.py": "known()\n", "app/b.py": "", "app/c.py": ""}
    merged = {"app/a.py": "known()\n", "app/b.py": "missing()\n", "app/c.py": f"{use}\n\n{use}"}
    found = find_broken(merged, mine, tmp_path)
    assert found.pop("app/c.py").startswith("Redefinition of unused `use`")
    assert found == {"app/b.py": "Undefined name `missing`"}
