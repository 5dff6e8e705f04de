"""A released migration of the template is never edited, renamed or removed: databases have run it."""

from pathlib import Path

import pytest
from conftest import ROOT, Checkout

from mkbackend import changelog
from mkbackend.history import history
from mkbackend.system import git

VERSIONS = "alembic/versions"


def broken(root: Path, released: str) -> list[str]:
    """Return each migration that is not as it was in its first release; `released` names the releases."""
    first: dict[str, tuple[str, str]] = {}
    for step in history(root):
        version = step.tag.removeprefix("v")
        if f"## {version} " in released:
            for line in git("ls-tree", "-r", step.tree, f"{VERSIONS}/", cwd=root).splitlines():
                entry, _, name = line.partition("\t")
                first.setdefault(name, (version, entry.split()[2]))
    assert first, "no released migration: is this a shallow clone?"
    return [
        f"{name} is not as in {version}"
        for name, (version, blob) in first.items()
        if not (root / "template" / name).is_file()
        or git("hash-object", "--no-filters", root / "template" / name, cwd=root) != blob
    ]


def test_every_released_migration_is_as_it_was() -> None:
    assert git("rev-parse", "--is-shallow-repository", cwd=ROOT) == "false", "git fetch --unshallow"
    assert broken(ROOT, changelog.between("v0.0.0", "v99")) == []


@pytest.fixture
def small(checkout: Checkout) -> Checkout:
    checkout.commit({f"template/{VERSIONS}/one.py": "draft"})
    checkout.commit({f"template/{VERSIONS}/one.py": "first"})
    checkout.release("0.2.0")
    checkout.commit({f"template/{VERSIONS}/two.py": "second"})
    return checkout


def test_one_that_was_not_released_may_change(small: Checkout) -> None:
    small.write({f"template/{VERSIONS}/two.py": "changed"})
    assert broken(small.root, "## 0.2.0 (today)") == []


@pytest.mark.parametrize("change", ["edit", "rename", "remove", "edit and commit"])
def test_a_change_of_a_released_one_is_found(small: Checkout, change: str) -> None:
    place = small.root / "template" / VERSIONS / "one.py"
    if change == "rename":
        place.rename(place.with_name("three.py"))
    elif change == "remove":
        place.unlink()
    else:
        place.write_text("edited")
    if change == "edit and commit":
        small.release("0.3.0")
    assert broken(small.root, "## 0.2.0 (today)\n## 0.3.0 (today)") == [f"{VERSIONS}/one.py is not as in 0.2.0"]
