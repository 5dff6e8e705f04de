"""Tests of the template's source and of the bundle in the user's home."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Checkout

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.template import bundle
from mkbackend.template import source as template


def home_bundle(machine: Path) -> Path:
    return machine / ".local" / "share" / "mkbackend" / "template.bundle"


def find() -> template.Source:
    with template.find_source() as source:
        return source


def test_the_recorded_source_is_the_same_on_every_machine(checkout: Checkout, machine: Path) -> None:
    source = find()
    assert (source.url, source.version) == ("~/.local/share/mkbackend/template.bundle", "v0.1.0")
    assert source.questions == (checkout.root / "copier.yml").read_text(encoding="utf-8")
    assert list(bundle.tags(home_bundle(machine))) == ["v0.1.0"]


def test_an_installed_package_uses_its_own_bundle(
    checkout: Checkout, machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = tmp_path / "template.bundle"
    shipped.write_bytes(bundle.build(checkout.root))
    monkeypatch.setattr(template, "_SHIPPED", shipped)
    monkeypatch.setattr(template, "_CHECKOUT", tmp_path)
    assert find().version == "v0.1.0"
    assert home_bundle(machine).read_bytes() == shipped.read_bytes()


def test_the_bundle_at_home_only_grows(checkout: Checkout, machine: Path) -> None:
    checkout.write({"template/draft.txt": "1"})
    draft = find().version
    checkout.commit({"template/draft.txt": "2"})
    committed = find().version
    assert list(bundle.tags(home_bundle(machine))) == ["v0.1.0", draft, committed]
    assert draft.startswith("v0.1.0.post1.dev0+g")


def test_an_older_mkbackend_uses_its_own_version_and_keeps_newer_ones(checkout: Checkout, machine: Path) -> None:
    old = checkout.git("rev-parse", "HEAD")
    checkout.release("0.2.0")
    assert find().version == "v0.2.0"
    checkout.git("reset", "--quiet", "--hard", old)
    assert find().version == "v0.1.0"
    assert list(bundle.tags(home_bundle(machine))) == ["v0.1.0", "v0.2.0"]


def test_a_known_version_is_not_written_again(checkout: Checkout, machine: Path) -> None:
    find()
    before = home_bundle(machine).stat().st_ino
    find()
    assert home_bundle(machine).stat().st_ino == before


def test_a_damaged_bundle_at_home_is_set_aside_and_recreated(checkout: Checkout, machine: Path) -> None:
    find()
    home_bundle(machine).write_bytes(b"damaged")
    assert find().version == "v0.1.0"
    assert list(bundle.tags(home_bundle(machine))) == ["v0.1.0"]
    assert home_bundle(machine).with_suffix(".damaged").read_bytes() == b"damaged"


def test_concurrent_runs_lose_no_version(checkout: Checkout, machine: Path, tmp_path: Path) -> None:
    clones = []
    for number in range(4):
        clone = Checkout(tmp_path / f"clone{number}")
        checkout.git("clone", "--quiet", str(checkout.root), str(clone.root))
        clone.commit({"template/number.txt": str(number)})
        clones.append(clone.root)
    script = "from mkbackend.template import source as template\nwith template.find_source(): pass"

    def run(root: Path) -> None:
        subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(root / "src")}, check=True)

    with ThreadPoolExecutor() as pool:
        list(pool.map(run, clones))
    assert len(bundle.tags(home_bundle(machine))) == 5


def test_a_dry_run_does_not_change_the_home(checkout: Checkout, machine: Path) -> None:
    with template.find_source(remember=False) as source:
        assert list(bundle.tags(Path(source.url))) == ["v0.1.0"]
    assert not home_bundle(machine).exists()
    assert not Path(source.url).exists()


def test_an_unwritable_home_is_reported(checkout: Checkout, machine: Path) -> None:
    (machine / ".local").write_text("a file in the way")
    with pytest.raises(MkbackendError, match=r"Cannot store the template") as refused:
        find()
    assert "HOME" in refused.value.hint


def test_an_unpacked_archive_has_no_template(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(template, "_CHECKOUT", tmp_path)
    with pytest.raises(MkbackendError, match="not a git clone"):
        find()


def test_another_repository_is_recorded_with_its_url(checkout: Checkout) -> None:
    url = f"git+{checkout.root.as_uri()}"  # so that Copier recognises a git URL
    for given in (url, checkout.root.as_uri()):
        with template.find_source(given, "main") as source:
            assert (source.url, source.version) == (url, "main")
    with template.find_source(os.path.relpath(checkout.root)) as source:
        assert source.url == str(checkout.root)


def test_without_a_ref_the_newest_release_is_used(checkout: Checkout) -> None:
    with template.find_source(str(checkout.root)) as source:
        assert source.version == "HEAD"
    for tag in ("v0.9.0", "v0.10.0", "v0.10.0rc1", "v1.0.0a1", "nightly"):
        checkout.git("tag", tag)
    with template.find_source(str(checkout.root)) as source:
        assert source.version == "v0.10.0"


@pytest.mark.parametrize(("url", "ref"), [("{}/none", None), ("{}", "no-such-tag"), ("--upload-pack=x", None)])
def test_a_repository_without_a_template_is_bad_input(checkout: Checkout, url: str, ref: str | None) -> None:
    with (
        pytest.raises(BadInputError, match="No template found at"),
        template.find_source(url.format(checkout.root), ref),
    ):
        pass
