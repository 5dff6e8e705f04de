"""Tests of the bundle: main's history reduced to the template, identical on every machine."""

import subprocess
from pathlib import Path

import pytest
from conftest import Checkout

from mkbackend.errors import MkbackendError
from mkbackend.template import bundle


def built(checkout: Checkout, name: str = "made") -> Path:
    path = checkout.root.parent / f"{name}.bundle"
    path.write_bytes(bundle.build(checkout.root))
    return path


def short(commit: str) -> str:
    return commit[:9]


def test_only_commits_that_change_the_template_are_versions(checkout: Checkout) -> None:
    first = checkout.commit({"template/a.txt": "1"})
    checkout.commit({"docs.md": "not the template"})
    second = checkout.commit({"copier.yml": (checkout.root / "copier.yml").read_text() + "# changed\n"})
    checkout.release("0.2.0")
    third = checkout.commit({"template/a.txt": "2"})
    assert list(bundle.tags(built(checkout))) == [
        "v0.1.0",
        f"v0.1.0.post1+g{short(first)}",
        f"v0.1.0.post2+g{short(second)}",
        "v0.2.0",
        f"v0.2.0.post1+g{short(third)}",
    ]


def test_versions_before_the_first_release_count_from_zero(checkout: Checkout) -> None:
    checkout.git("checkout", "--quiet", "--orphan", "young")
    commit = checkout.commit({"pyproject.toml": "[project]\ndynamic = ['version']\n"})
    assert list(bundle.tags(built(checkout))) == [f"v0.post1+g{short(commit)}"]


@pytest.mark.parametrize("text", ["[project", '[project]\nversion = "0.2.0rc1"\n', '[project]\nversion = "0.0.9"\n'])
def test_a_release_that_is_not_newer_makes_no_version(checkout: Checkout, text: str) -> None:
    checkout.commit({"pyproject.toml": text})
    assert list(bundle.tags(built(checkout))) == ["v0.1.0"]


def test_a_merged_branch_is_one_version(checkout: Checkout) -> None:
    checkout.git("checkout", "--quiet", "-b", "feature")
    for text in "123":
        checkout.commit({"template/b.txt": text})
    checkout.git("checkout", "--quiet", "main")
    checkout.commit({"docs.md": "meanwhile"})
    checkout.git("merge", "--quiet", "--no-ff", "-m", "merge", "feature")
    assert list(bundle.tags(built(checkout)))[1:] == [f"v0.1.0.post1+g{short(checkout.git('rev-parse', 'HEAD'))}"]


def test_uncommitted_changes_are_a_pre_release_named_after_their_content(checkout: Checkout) -> None:
    clean = bundle.tags(built(checkout))
    checkout.write({"template/new.txt": "one"})
    one = bundle.tags(built(checkout))
    checkout.write({"template/new.txt": "two"})
    two = bundle.tags(built(checkout))
    assert list(one)[:-1] == list(clean)
    assert list(one)[-1].startswith("v0.1.0.post1.dev0+g")
    assert list(one)[-1] != list(two)[-1]
    assert checkout.git("status", "--porcelain") == "?? template/new.txt"


def test_ignored_files_are_not_part_of_the_template(checkout: Checkout) -> None:
    clean = bundle.tags(built(checkout))
    checkout.commit({".gitignore": "__pycache__/\n"})
    checkout.write({"template/app/__pycache__/x.pyc": "bytes"})
    assert bundle.tags(built(checkout)) == clean


def test_a_global_ignore_list_does_not_affect_the_template(checkout: Checkout, machine: Path) -> None:
    checkout.commit({"template/.vscode/settings.json": "{}"})
    (machine / "ignore").write_text(".vscode\n")
    checkout.git("config", "--global", "core.excludesFile", str(machine / "ignore"))
    checkout.write({"template/README.md.jinja": "changed"})
    assert ".vscode" in files(built(checkout), checkout.root.parent / "clone")


def test_the_same_history_gives_the_same_bytes_on_every_machine(
    checkout: Checkout, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        checkout.commit({"template/app/code.py": "x = 1\n" * 50 + f"y = {number}\n"}, when=1_700_000_000 + number)
    there = checkout.root.parent / "there"
    checkout.git("clone", "--quiet", "--no-local", str(checkout.root), str(there))
    first = bundle.build(checkout.root)
    (machine / ".gitconfig").write_text(
        "[user]\n\tname = Someone Else\n\temail = else@example.com\n[core]\n\tautocrlf = true\n\tcompression = 0\n"
        "[pack]\n\twindow = 50\n\tthreads = 4\n[commit]\n\tgpgSign = true\n[log]\n\tshowSignature = true\n"
        "[init]\n\tdefaultBranch = trunk\n[fetch]\n\tfsckObjects = true\n"
    )
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    subprocess.run(["git", "repack", "-adfq", "--depth=1"], cwd=there, check=True)
    assert bundle.build(there) == first


def test_a_partial_clone_is_completed_with_one_fetch(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        checkout.commit({"template/app/code.py": f"y = {number}\n", f"template/{number}.txt": f"{number}"})
    checkout.git("config", "uploadpack.allowFilter", "true")
    checkout.git("config", "uploadpack.allowAnySHA1InWant", "true")
    there = checkout.root.parent / "there"
    log = checkout.root.parent / "fetches"
    checkout.git("clone", "--quiet", "--filter=blob:none", checkout.root.as_uri(), str(there))
    with monkeypatch.context() as traced:
        traced.setenv("GIT_TRACE", str(log))
        made = bundle.build(there)
    assert made == bundle.build(checkout.root)
    assert log.read_text().count("git-upload-pack") == 1


def test_git_variables_of_a_hook_do_not_affect_the_build(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    from mkbackend.system.environment import clean_environment

    first = bundle.build(checkout.root)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(checkout.root / "elsewhere"))
    clean_environment()
    assert bundle.build(checkout.root) == first


def test_the_union_has_the_versions_of_both(checkout: Checkout) -> None:
    old = built(checkout, "old")
    checkout.write({"template/draft.txt": "never committed"})
    draft = built(checkout, "draft")
    checkout.commit({"template/draft.txt": "committed"})
    new = built(checkout, "new")
    both = checkout.root.parent / "both.bundle"
    both.write_bytes(bundle.union(draft, new))
    assert bundle.tags(both) == {**bundle.tags(draft), **bundle.tags(new), **bundle.tags(old)}
    subprocess.run(["git", "bundle", "verify", "--quiet", str(both)], cwd=checkout.root, check=True)


def test_the_questions_of_any_version_can_be_read(checkout: Checkout) -> None:
    text = (checkout.root / "copier.yml").read_text(encoding="utf-8")
    checkout.commit({"copier.yml": "later: 1\n"})
    made = built(checkout)
    assert [bundle.texts(made, version)[0] for version in bundle.tags(made)] == [text, "later: 1\n"]


@pytest.mark.parametrize("damage", [b"", b"# v2 git bundle\n", b"nonsense"])
def test_a_damaged_bundle_is_refused(checkout: Checkout, damage: bytes) -> None:
    path = built(checkout)
    path.write_bytes(damage or path.read_bytes()[:-30])
    with pytest.raises(MkbackendError, match="damaged"):
        bundle.tags(path)


def test_an_unpacked_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MkbackendError, match="not a git clone") as refused:
        bundle.build(tmp_path)
    assert "Clone" in refused.value.hint


def test_a_shallow_clone_can_run_but_not_build_a_release(checkout: Checkout) -> None:
    checkout.commit({"template/a.txt": "1"})
    there = checkout.root.parent / "there"
    checkout.git("clone", "--quiet", "--depth=1", checkout.root.as_uri(), str(there))
    assert bundle.build(there)
    with pytest.raises(MkbackendError, match="shallow") as refused:
        bundle.build(there, release=True)
    assert refused.value.hint == "git fetch --unshallow"


def files(path: Path, clone: Path) -> str:
    subprocess.run(["git", "clone", "--quiet", str(path), str(clone)], check=True)
    return subprocess.run(["git", "ls-files"], cwd=clone, check=True, capture_output=True, text=True).stdout
