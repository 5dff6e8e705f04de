"""Tests that no released migration of the template is edited, renamed or removed: databases have run it."""

from pathlib import Path

import pytest
from conftest import ROOT, Checkout

from mkbackend.system.git import git
from mkbackend.template import changelog
from mkbackend.template.history import history

VERSIONS = "alembic/versions"


def broken(root: Path, released: str) -> list[str]:
    """Return each migration that differs from its first release; `released` is the text of the changelog."""
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


def test_every_released_migration_is_unchanged() -> None:
    assert git("rev-parse", "--is-shallow-repository", cwd=ROOT) == "false", "git fetch --unshallow"
    assert broken(ROOT, changelog.between("v0.0.0", "v99")) == []


@pytest.fixture
def small(checkout: Checkout) -> Checkout:
    checkout.commit({f"template/{VERSIONS}/one.py": "draft"})
    checkout.commit({f"template/{VERSIONS}/one.py": "first"})
    checkout.release("0.2.0")
    checkout.commit({f"template/{VERSIONS}/two.py": "second"})
    return checkout


def test_an_unreleased_migration_may_change(small: Checkout) -> None:
    small.write({f"template/{VERSIONS}/two.py": "changed"})
    assert broken(small.root, "## 0.2.0 (today)") == []


@pytest.mark.parametrize("change", ["edit", "rename", "remove", "edit and commit"])
def test_a_change_to_a_released_migration_is_detected(small: Checkout, change: str) -> None:
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
