"""Documents of this repository: links lead to files, commands exist, and examples show the version of this release."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer.main
from pages import FENCE, blocks

from mkbackend import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks/README.md"])
# The changelog names files of earlier versions.
TEXTS = [
    *(page for page in PAGES if page.name != "CHANGELOG.md"),
    *sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("benchmarks/*.py"), *ROOT.glob("*.py")]),
]
NAMED_FILE = re.compile(
    r"(?<![\w./*{}-])((?:alembic|app|benchmarks|docker|docs|kubernetes|scripts|src|template|tests)/[\w./-]*\w\.[a-z]+)\b"
)
# `mkbackend add article` writes these; the tutorial, which a test types, writes those of bookings.
ARTICLE = re.compile(r"(^|[/_])articles?[_.]")
BOOKING = re.compile(r"(^|[/_])bookings?[_.]")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[\w-]+)?\)")
CODE = re.compile(r"`[^`]*`")
# A word in place of the reader's own: PATH, KEY=VALUE
PLACEHOLDER = re.compile(r"[A-Z]{2,}[.]*|[A-Z]+=[A-Z]+")
NOXFILE = (ROOT / "noxfile.py").read_text("utf-8")
MANUAL = [page for page in PAGES if page.name != "CHANGELOG.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_text_names_exists(page: Path) -> None:
    names = {name for name in NAMED_FILE.findall(page.read_text("utf-8")) if not ARTICLE.search(name)}
    if page.name == "tutorial.md":
        names = {name for name in names if not BOOKING.search(name)}
    places = [(ROOT, ""), (ROOT / "template", ""), (ROOT / "template", ".jinja")]
    assert {name for name in names if not any((root / (name + end)).exists() for root, end in places)} == set()


def commands(page: Path, program: str) -> list[list[str]]:
    """Return the words after a program's name, of each command in the text and in the blocks of a page."""
    text = FENCE.sub("", page.read_text("utf-8"))
    lines = [" ".join(code.strip("`").split()) for code in CODE.findall(text)]
    for language, block in blocks(page):
        lines += block.splitlines() if language in ("bash", "console") else []
    split = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines if f"{program} " in line]
    return [words[1:] for words in split if words[0] == program]


@pytest.mark.parametrize("page", MANUAL, ids=lambda page: page.name)
def test_every_command_of_a_page_exists(page: Path) -> None:
    group = typer.main.get_command(cli.app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, *rest in commands(page, "mkbackend"):
        if name.startswith("--"):
            assert {name, *rest} <= {option for parameter in group.params for option in parameter.opts}
            continue
        command = group.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known
        if rest and not any(PLACEHOLDER.fullmatch(word) for word in rest):
            command.make_context(name, rest[: rest.index(">")] if ">" in rest else rest)


@pytest.mark.parametrize("page", MANUAL, ids=lambda page: page.name)
def test_every_target_and_session_of_a_page_exists(page: Path) -> None:
    makefile = (ROOT / "template" / "Makefile.jinja").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    # Not the options, the variables and the paths.
    assert {word for words in commands(page, "make") for word in words if re.fullmatch(r"\w[\w-]*", word)} <= targets
    sessions = re.findall(r"""^def (\w+)\(session|session\(name="([\w-]+)""", NOXFILE, re.MULTILINE)
    named = {words[1] for words in commands(page, "nox") if words[:1] == ["-s"]}
    assert named <= {name for pair in sessions for name in pair}


def test_the_readme_links_to_every_page() -> None:
    linked = set(LINK.findall((ROOT / "README.md").read_text("utf-8")))
    assert {f"docs/{page.name}" for page in ROOT.glob("docs/*.md")} <= linked


def test_the_readme_fits_on_a_screen() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 60


def test_the_manual_names_every_option() -> None:
    manual = "".join(page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md")
    group = typer.main.get_group(cli.app)
    options = {
        option
        for command in (group, *group.commands.values())
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert {option for option in options if not re.search(rf"{option}(?![\w-])", manual)} == set()


@pytest.mark.parametrize("command", ["status", "doctor"])
def test_the_manual_shows_commands_for_several_projects(command: str) -> None:
    assert any(f"mkbackend {command} PATH..." in page.read_text("utf-8") for page in ROOT.glob("docs/*.md"))


def test_examples_show_the_version_of_this_release() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    shown = re.findall(r"(\d+\.\d+\.\d+), up to date", "".join(page.read_text("utf-8") for page in PAGES))
    assert shown
    assert set(shown) == {version}
