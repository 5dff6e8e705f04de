"""Tests of merges of the owner's edits with the template's changes: files, index, exit code and output."""

import os
from dataclasses import dataclass, field

import pytest

from .conftest import CONFIG, ENV, LOGO, MAKEFILE, PYPROJECT, Content, Project, migration, numbered

MINE = "mine = 1"
# Lines that an update may remove: they came from the template.
_OF_THE_TEMPLATE = {*numbered("both").splitlines(), *numbered("renamed").splitlines(), "_commit: v0.1.0"}


@dataclass(frozen=True)
class Case:
    """Edits of the owner (None deletes, `moves` are renames), and the expected result of an update.

    `tree` has the content of files, or words in it, or None for a missing file. `index` has the status letters of git.
    """

    name: str
    edits: dict[str, Content] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    code: int = 0
    tree: dict[str, Content | tuple[str, ...]] = field(default_factory=dict)
    index: dict[str, str | None] = field(default_factory=dict)
    says: tuple[str, ...] = ()


CASES = [
    Case(
        "nothing edited",
        tree={
            "app/both.py": numbered("both", _3="template = 3"),
            "app/deleted_there.py": None,
            "app/renamed_there.py": None,
        },
        index={"app/both.py": "M ", "app/added_there.py": "A ", "app/deleted_there.py": "D ", "app/new_name.py": "A "},
        says=(
            "0.1.0 to 0.2.0, staged, not committed",
            "- app/deleted_there.py",
            "app/renamed_there.py → app/new_name.py",
        ),
    ),
    Case(
        "edited here, changed there, same lines",
        edits={"app/both.py": numbered("both", _3=MINE)},
        code=1,
        tree={"app/both.py": (MINE, "template = 3", "<<<<<<<", ">>>>>>>", "mkbackend 0.2.0")},
        index={"app/both.py": "UU", "app/added_there.py": "A "},
        says=("app/both.py: changed here and in the template\n",),
    ),
    Case(
        "edited here, changed there, other lines",
        edits={"app/both.py": numbered("both", _9=MINE)},
        tree={"app/both.py": numbered("both", _3="template = 3", _9=MINE)},
        index={"app/both.py": "M "},
    ),
    Case(
        "edited here, renamed there",
        edits={"app/renamed_there.py": numbered("renamed", _4=MINE)},
        tree={
            "app/renamed_there.py": None,
            "app/new_name.py": numbered("renamed", _4=MINE, _12="template = 12"),
        },
        index={"app/renamed_there.py": "D ", "app/new_name.py": "A "},
    ),
    Case(
        "edited here, deleted there",
        edits={"app/deleted_there.py": numbered("deleted", _4=MINE)},
        code=1,
        tree={"app/deleted_there.py": numbered("deleted", _4=MINE)},
        index={"app/deleted_there.py": "UD"},
        says=("app/deleted_there.py: changed or renamed here, deleted in the template",),
    ),
    Case(
        "renamed here, changed there",
        moves={"app/changed_there.py": "app/my_name.py"},
        tree={
            "app/changed_there.py": None,
            "app/my_name.py": numbered("changed", _5="template = 5"),
        },
        index={"app/my_name.py": "M "},
    ),
    Case(
        "renamed here, deleted there",
        moves={"app/deleted_there.py": "app/my_name.py"},
        code=1,
        tree={"app/my_name.py": numbered("deleted")},
        index={"app/my_name.py": "UD"},
        says=("app/my_name.py: changed or renamed here, deleted in the template",),
    ),
    Case(
        "renamed here, renamed there",
        moves={"app/renamed_there.py": "app/my_name.py"},
        code=1,
        tree={"app/my_name.py": ("renamed_1",), "app/new_name.py": ("renamed_1",)},
        index={"app/my_name.py": "AU", "app/new_name.py": "UA", "app/renamed_there.py": "DD"},
        says=("app/my_name.py: renamed or moved here and in the template",),
    ),
    Case(
        "deleted here, changed there",
        edits={"app/changed_there.py": None},
        tree={"app/changed_there.py": None},
        index={"app/changed_there.py": None},
        says=("Skipped, because you deleted it:\n  app/changed_there.py\n",),
    ),
    Case(
        "deleted here, renamed there",
        edits={"app/renamed_there.py": None},
        tree={"app/renamed_there.py": None, "app/new_name.py": None},
        index={"app/new_name.py": None},
        says=("Skipped, because you deleted it:\n  app/new_name.py\n",),
    ),
    Case(
        "deleted here, deleted there",
        edits={"app/deleted_there.py": None},
        tree={"app/deleted_there.py": None},
        index={"app/deleted_there.py": None},
    ),
    Case(
        "added on both sides",
        edits={"app/added_there.py": f"{MINE}\n"},
        code=1,
        tree={"app/added_there.py": (MINE, "template = 0", "<<<<<<<")},
        index={"app/added_there.py": "AA"},
        says=("app/added_there.py: added here and in the template\n",),
    ),
    Case(
        "added on both sides, the same",
        edits={"app/added_there.py": "template = 0\n"},
        tree={"app/added_there.py": "template = 0\n"},
        index={"app/added_there.py": None},
    ),
    Case(
        "a binary file changed on both sides",
        edits={"logo.png": LOGO + b"mine"},
        code=1,
        tree={"logo.png": LOGO + b"mine"},
        index={"logo.png": "UU"},
        says=("logo.png: changed here and in the template; your version is kept, git checkout --theirs takes",),
    ),
    Case(
        "a binary file changed there",
        tree={"logo.png": LOGO[::-1]},
        index={"logo.png": "M "},
    ),
    Case(
        "the everyday edits, in other places",
        edits={
            "pyproject.toml": PYPROJECT.format(more="")
            .replace("{{ project_slug }}", "shop")
            .replace('    "fastapi', '    "stripe>=12",\n    "fastapi'),
            "app/config.py": CONFIG.format(more="").replace("    debug", "    shop_name: str\n    debug"),
            ".env.example": "SHOP_NAME=mine\n" + ENV.format(more=""),
            "Makefile": MAKEFILE.format(more="").replace("test:", "stock:\n\tstock\n\ntest:"),
        },
        tree={
            "pyproject.toml": ('"stripe>=12"', '"aiosmtplib>=5.0"'),
            "app/config.py": ("shop_name", "smtp_host"),
            ".env.example": ("SHOP_NAME=mine", "SMTP_HOST="),
            "Makefile": ("stock:", "purge:"),
        },
        index=dict.fromkeys(("pyproject.toml", "app/config.py", ".env.example", "Makefile"), "M "),
        says=("New in .env.example, missing in your .env:\n  SMTP_HOST\n",),
    ),
    Case(
        "the everyday edits, in the same places",
        edits={
            "pyproject.toml": PYPROJECT.format(more='    "stripe>=12",\n').replace("{{ project_slug }}", "shop"),
            "app/config.py": CONFIG.format(more="    shop_name: str\n"),
            ".env.example": ENV.format(more="SHOP_NAME=mine\n"),
            "Makefile": MAKEFILE.format(more="\nstock:\n\tstock\n"),
        },
        code=1,
        tree={
            "pyproject.toml": ('"stripe>=12"', '"aiosmtplib>=5.0"', "<<<<<<<"),
            "app/config.py": ("shop_name", "smtp_host", "<<<<<<<"),
            ".env.example": ("SHOP_NAME=mine", "SMTP_HOST=", "<<<<<<<"),
            "Makefile": ("stock:", "purge:", "<<<<<<<"),
        },
        index=dict.fromkeys(("pyproject.toml", "app/config.py", ".env.example", "Makefile"), "UU"),
    ),
    Case(
        "files of the user's own",
        edits={"app/mine.py": f"{MINE}\n", "docs/mine.bin": b"\0\1", "app/with space é.py": f"{MINE}\n"},
        tree={"app/mine.py": f"{MINE}\n", "docs/mine.bin": b"\0\1", "app/with space é.py": f"{MINE}\n"},
        index={"app/mine.py": None, "docs/mine.bin": None},
    ),
    Case(
        "lines that end as on Windows",
        edits={"app/both.py": numbered("both", _9=MINE).replace("\n", "\r\n")},
        tree={"app/both.py": (MINE, "template = 3")},
        index={"app/both.py": "M "},
    ),
    Case(
        "a file that git does not convert, with lines as on Windows",
        edits={".gitattributes": "* -text\n", "app/both.py": numbered("both", _9=MINE).replace("\n", "\r\n")},
        code=1,
        tree={"app/both.py": (MINE, "template = 3", "<<<<<<<")},
        index={"app/both.py": "UU"},
    ),
    Case(
        "lines in the answers file",
        edits={".copier-answers.yml": None},  # the test prepends a comment to the file
        tree={".copier-answers.yml": ("_commit: v0.2.0", "license: MIT")},
        index={".copier-answers.yml": "M "},
        says=("Your lines removed from .copier-answers.yml:\n  # mine, by hand\n",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_line_of_the_owner_is_kept_in_conflict_or_reported(project: Project, case: Case) -> None:
    edits = dict(case.edits)
    if ".copier-answers.yml" in edits:
        edits[".copier-answers.yml"] = "# mine, by hand\n" + project.read(".copier-answers.yml")
    for old, new in case.moves.items():
        project.git("mv", old, new)
    project.edit(edits, commit=bool(edits or case.moves))
    before, head = {name: unix(content) for name, content in project.tree().items()}, project.git("rev-parse", "HEAD")

    output = project.update(code=case.code)

    assert "Error" not in output
    assert project.git("rev-parse", "HEAD") == head
    after, status = project.tree(), project.status()
    for name, expected in case.tree.items():
        if isinstance(expected, tuple):
            assert [word for word in expected if word not in after[name].decode()] == []
        else:
            assert after.get(name) == (expected.encode() if isinstance(expected, str) else expected), name
    assert {name: status.get(name) for name in case.index} == case.index
    assert [words for words in case.says if words not in output] == []
    assert bool(output.partition("Conflicts to resolve:")[1]) == bool(case.code)
    everything = unix(b"\n".join(after.values())) + output.encode()
    written = {line for content in edits.values() if isinstance(content, str) for line in content.splitlines()}
    assert [line for line in written - _OF_THE_TEMPLATE if line.encode() not in everything] == []

    project.undo(output)
    assert {name: unix(content) for name, content in project.tree().items()} == before
    assert project.status() == {}
    assert not (project.root / ".git" / "MERGE_MSG").exists()


def unix(content: bytes) -> bytes:
    """Return the content with Unix line endings."""
    return content.replace(b"\r\n", b"\n")


def test_the_owners_migration_is_joined_with_the_templates(project: Project) -> None:
    own = {"alembic/versions/2026_01_15_0000_books.py": migration("mine1", "aaa1")}
    project.edit(own)
    output = project.update()
    (joined,) = [name for name, status in project.status().items() if "join_mkbackend_0_2_0" in name and status == "A "]
    assert f"Merges your migrations with the template's:\n  {joined}\n" in output
    assert '= ("aaa2", "mine1")' in project.read(joined)
    assert project.read(next(iter(own))) == next(iter(own.values()))
    project.undo(output)
    assert project.status() == {}


def test_a_migration_whose_predecessor_was_removed_is_reported(project: Project) -> None:
    project.edit(
        {
            "alembic/versions/2026_01_01_0000_users.py": None,
            "alembic/versions/2026_01_15_0000_squashed.py": migration("mine1", None),
        }
    )
    output = project.update()
    assert "set down_revision to your head:\n  aaa2 follows aaa1\n" in output


def test_a_history_with_one_head_gets_no_migration(project: Project) -> None:
    assert "Merges your" not in project.update()
    assert [name for name in project.status() if "join" in name] == []


@pytest.mark.parametrize("conflict", [False, True])
def test_an_outdated_lock_file_is_reported(project: Project, conflict: bool) -> None:
    more = '    "stripe>=12",\n' if conflict else ""
    project.edit(
        {"uv.lock": "version = 1\n", "pyproject.toml": PYPROJECT.format(more=more).format(project_slug="shop")}
    )
    output = project.update(code=int(conflict))
    assert "uv.lock is out of date:\n  make install updates it\n" in output
    assert "  make install && make test\n  git add uv.lock\n" in output


def test_an_update_names_the_files_that_it_makes_outdated(project: Project) -> None:
    project.edit({"docs/diagram.md": "", "openapi.json": "{}\n"})
    steps = "  make install && make diagram openapi && make test\n  git add docs/diagram.md openapi.json\n"
    assert steps in project.update()


def test_an_up_to_date_lock_file_is_not_reported(project: Project) -> None:
    # The template changes, but no dependency.
    project.update()
    project.edit({"uv.lock": "version = 1\n"})
    assert "uv.lock" not in project.update("--data", "license=none")


def test_a_new_setting_already_in_env_is_not_reported(project: Project) -> None:
    with (project.root / ".env").open("a") as env:
        env.write("SMTP_HOST=mail\n")
    assert "New in .env.example" not in project.update()


# A merge attribute of a file, and the exit code of the update.
ATTRIBUTES = {
    "-merge": 1,
    "binary": 1,
    "merge=union": 0,
    "merge=ours": 0,
    "merge=theirs": 0,
    "merge=script": 0,
    "merge=fails": 1,
    "merge=unknown": 1,
}
MERGE_DRIVERS = {
    "merge.ours.driver": "true",
    "merge.theirs.driver": "cp %B %A",
    "merge.script.driver": "sh tools/merge.sh %A %B",
    "merge.fails.driver": "exit 3",
}


@pytest.mark.skipif(os.name == "nt", reason="drivers are shell commands")
@pytest.mark.parametrize(
    ("attribute", "place"),
    [
        *((attribute, ".gitattributes") for attribute in ATTRIBUTES),
        ("merge=union", "app/.gitattributes"),
        ("-merge", ".git/info/attributes"),
    ],
)
def test_merge_attributes_are_respected_and_the_result_is_reported(
    project: Project, attribute: str, place: str
) -> None:
    code = ATTRIBUTES[attribute]
    for name, driver in MERGE_DRIVERS.items():
        project.git("config", name, driver)
    project.edit({"tools/merge.sh": 'cat "$2" >> "$1"\n', "app/both.py": numbered("both", _3=MINE)})
    project.edit({place: f"both.py {attribute}\n"}, commit=not place.startswith(".git/"))
    foretold = project.update("--dry-run", code=code)
    output = project.update(code=code)
    assert ("Conflicts" in foretold, "Conflicts" in output) == (bool(code), bool(code))
    assert project.status().get("app/both.py") in (("UU",) if code else ("M ", None))
    project.undo(output)
    assert project.status() == {}


@pytest.mark.skipif(os.name == "nt", reason="drivers are shell commands")
def test_a_merge_driver_that_works_only_in_the_project_is_reported_correctly(project: Project) -> None:
    project.git("config", "merge.here.driver", "test -e .git/state")
    project.edit({".gitattributes": "both.py merge=here\n", "app/both.py": numbered("both", _3=MINE)})
    (project.root / ".git" / "state").touch()
    assert "Conflicts" in project.update("--dry-run", code=1)
    assert "Conflicts" not in project.update()
