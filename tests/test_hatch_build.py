"""Tests of the build: wheel and sdist contain the template's history, and no release is built without it."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Checkout
from markdown_it import MarkdownIt
from packaging.requirements import Requirement

from mkbackend.template import bundle

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def buildable(checkout: Checkout) -> Checkout:
    """Return a small checkout that hatchling can build."""
    shutil.copy(ROOT / "hatch_build.py", checkout.root)
    checkout.commit({name: (ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "LICENSE")})
    checkout.commit({"README.md": "# mkbackend\n", ".gitignore": "dist/\n__pycache__/\n"})
    return checkout


def build(root: Path, target: str) -> Path:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", f"import hatch_build; hatch_build.build_{target}('dist')"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return next((root / "dist").glob("*.tar.gz" if target == "sdist" else "*.whl"))


def shipped(wheel: Path) -> bytes:
    return zipfile.ZipFile(wheel).read("mkbackend/template.bundle")


def test_a_wheel_and_an_sdist_contain_the_same_history_and_the_manual(buildable: Checkout, tmp_path: Path) -> None:
    buildable.commit({"docs/adding.md": "# Adding resources\n"})
    expected = bundle.build(buildable.root)
    assert shipped(build(buildable.root, "wheel")) == expected
    with tarfile.open(build(buildable.root, "sdist")) as sdist:
        sdist.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert not (unpacked / ".git").exists()
    wheel = build(unpacked, "wheel")
    assert shipped(wheel) == expected
    assert zipfile.ZipFile(wheel).read("mkbackend/docs/adding.md") == b"# Adding resources\n"


def read_back(wheel: Path) -> Message:
    """Return the metadata of a wheel."""
    (name,) = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(zipfile.ZipFile(wheel).read(name))


def addresses(text: str) -> set[str]:
    """Return where the links and pictures of a page lead."""
    tokens = [token for block in MarkdownIt().enable("table").parse(text) for token in block.children or ()]
    return {str(token.attrs[name]) for token in tokens for name in ("href", "src") if name in token.attrs}


def test_the_readme_on_an_index_leads_to_the_tag_of_the_version(buildable: Checkout) -> None:
    source, version = "https://github.com/ada/mkbackend", PYPROJECT["project"]["version"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    urls = f'[project.urls]\nSource = "{source}"\n\n[project.scripts]'
    buildable.commit({"README.md": readme, "pyproject.toml": pyproject.replace("[project.scripts]", urls)})
    shown = addresses(str(read_back(build(buildable.root, "wheel")).get_payload()))
    relative = {link for link in addresses(readme) if ":" not in link}
    assert {f"{source}/raw/v{version}/docs/new.svg", f"{source}/blob/v{version}/docs/tutorial.md"} <= shown
    assert shown == addresses(readme) - relative | {link for link in shown if link.startswith(source)}
    assert len(shown) == len(addresses(readme))


def test_without_an_address_the_readme_stays_as_it_is(buildable: Checkout) -> None:
    buildable.commit({"README.md": "[Guide](docs/tutorial.md)\n"})
    wheel = read_back(build(buildable.root, "wheel"))
    assert wheel["Description-Content-Type"] == "text/markdown"
    assert str(wheel.get_payload()).strip() == "[Guide](docs/tutorial.md)"


@pytest.mark.skipif(os.name == "nt", reason="the workflow runs on Linux")
@pytest.mark.parametrize(("owner", "code"), [("ada", 0), ("grace", 1), ("", 1)])
def test_nothing_is_published_without_the_address_of_the_repository(tmp_path: Path, owner: str, code: int) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nSource = "https://github.com/{owner}/mkbackend"\n')
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in workflow["jobs"]["build"]["steps"] if "address" in step.get("name", "")]
    env = {**os.environ, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "ada/mkbackend"}
    done = subprocess.run(["bash", "-c", step["run"]], cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == code


def test_an_editable_install_contains_no_bundle(buildable: Checkout) -> None:
    wheel = build(buildable.root, "editable")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".bundle")]


def test_a_shallow_clone_cannot_build_a_release(buildable: Checkout, tmp_path: Path) -> None:
    buildable.git("clone", "--quiet", "--depth=1", buildable.root.as_uri(), str(tmp_path / "shallow"))
    with pytest.raises(RuntimeError, match="shallow clone"):
        build(tmp_path / "shallow", "wheel")


def test_an_archive_without_git_cannot_build_a_release(buildable: Checkout) -> None:
    shutil.move(buildable.root / ".git", buildable.root.parent / "away")
    with pytest.raises(RuntimeError, match="not a git clone"):
        build(buildable.root, "wheel")


@pytest.mark.parametrize("version", ["3.11.2", "3.9.18"])
def test_an_older_python_is_refused_before_anything_is_installed(version: str) -> None:
    found = tuple(map(int, version.split(".")))
    script = f"import sys; sys.version_info = {found}; sys.path.append({str(ROOT)!r}); import hatch_build"
    # -I -S: without site-packages, as in pip's build environment before it installs anything
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("mkbackend needs Python 3.12 or later; ")
    assert sentence.endswith(f"is Python {version}.")
    needed = [Requirement(line) for line in PYPROJECT["build-system"]["requires"]]
    environment = {"python_version": version.rpartition(".")[0]}
    assert not [need for need in needed if need.marker is None or need.marker.evaluate(environment)]


def test_the_build_refuses_an_unsupported_python() -> None:
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert f"needs Python {oldest} or later" in (ROOT / "hatch_build.py").read_text(encoding="utf-8")
    assert PYPROJECT["build-system"]["requires"][0].endswith(f"python_version >= '{oldest}'")
