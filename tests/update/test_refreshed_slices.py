"""Tests that an update brings slices to today's templates, and keeps the owner's edits."""

import re
import subprocess
from typing import Any

from mkbackend.project.migrations import VERSIONS
from mkbackend.project.repository import Repository
from mkbackend.slices import base
from mkbackend.slices.record import Record, hash_of
from mkbackend.update.past import Past

from .conftest import Project
from .sliced import BASE, EXTRA, MODEL, OLDER, ROUTER, SERVICE, TEST, add, add_older, edit, known, texts

MINE = "\n\ndef mine() -> int:\n    return 1\n"
COMMIT = re.compile(r"cherry-pick --no-commit (\w+)")


def test_an_unedited_slice_equals_a_new_one(sliced: Project) -> None:
    migrations = {path: hash_ for path, hash_ in known(sliced).files.items() if path.startswith(VERSIONS)}
    output = sliced.update()
    assert "Slices brought up to date:\n  article: 4 files\n" in output
    updated = texts(sliced)
    assert not (sliced.root / EXTRA).exists()
    assert base.read(sliced.root, known(sliced)) == updated
    assert migrations.items() <= known(sliced).files.items()
    assert all(known(sliced).is_untouched(sliced.root, path) for path in known(sliced).files)
    assert {letters[1] for letters in sliced.status().values()} == {" "}, "all is staged"
    sliced.commit({})
    assert "Nothing to do" in sliced.update()
    for path in [*known(sliced).all_paths]:
        (sliced.root / path).unlink()
    sliced.commit({})
    add(sliced, "article", "title:str")
    assert texts(sliced) == updated


def test_one_command_undoes_it(sliced: Project) -> None:
    sliced.edit({BASE: None})
    before = sliced.tree()
    sliced.undo(sliced.update())
    assert (sliced.tree(), sliced.status()) == (before, {})


def test_edits_are_merged(sliced: Project) -> None:
    sliced.edit({SERVICE: sliced.read(SERVICE) + MINE, TEST: sliced.read(TEST) + MINE})
    edit(sliced, ROUTER, "from uuid import UUID, uuid4\n", "from uuid import UUID, uuid4, uuid5\n")
    edit(sliced, ROUTER, "router = ", "NEXT = uuid5\nrouter = ")
    output = sliced.update()
    assert "article: 4 files, 2 merged with your edits" in output
    assert OLDER[SERVICE][0] in sliced.read(SERVICE)
    assert "def mine()" in sliced.read(SERVICE)
    assert "def mine()" in sliced.read(TEST)
    assert "from uuid import UUID, uuid5\n" in sliced.read(ROUTER)
    assert "def mine()" not in base.read(sliced.root, known(sliced))[SERVICE]
    sliced.commit({})
    add(sliced, "article", "views:int=0")
    assert "def mine()" in sliced.read(SERVICE)


def test_a_slice_with_a_conflict_stays_and_can_be_picked(sliced: Project) -> None:
    edit(sliced, SERVICE, OLDER[SERVICE][1], '"""Mine."""')
    before = texts(sliced)
    output = sliced.update(code=1)
    assert "The slice article stays as it is:\n" in output
    assert f"  {SERVICE}: changed here and in the templates\n" in output
    assert texts(sliced) == before
    commit = COMMIT.findall(output)[0]
    shown = sliced.git_raw("show", commit, "--", "app", "tests")
    assert f"-{OLDER[SERVICE][1]}\n+{OLDER[SERVICE][0]}\n" in shown
    sliced.commit({})
    assert COMMIT.search(sliced.update(code=1)), "the next update offers it again"
    done = subprocess.run(("git", "cherry-pick", "--no-commit", commit), cwd=sliced.root, capture_output=True)
    assert done.returncode == 1
    assert '<<<<<<< HEAD\n"""Mine."""\n' in sliced.read(SERVICE)
    assert OLDER[MODEL][0] in sliced.read(MODEL)
    sliced.edit({SERVICE: before[SERVICE]})
    assert "Nothing to do" in sliced.update()


def test_a_name_that_only_an_edit_uses_is_a_conflict(sliced: Project) -> None:
    edit(sliced, ROUTER, "router = ", "MINE = uuid4()\nrouter = ")
    before = texts(sliced)
    assert f"{ROUTER}: merged, it would have: Undefined name `uuid4`" in sliced.update(code=1)
    assert texts(sliced) == before


def test_a_base_of_an_older_record_comes_from_the_history(sliced: Project) -> None:
    sliced.edit({BASE: None})
    sliced.edit({SERVICE: sliced.read(SERVICE) + MINE})
    assert "article: 4 files, 1 merged with your edits" in sliced.update()
    assert OLDER[SERVICE][0] in sliced.read(SERVICE)
    assert "def mine()" in sliced.read(SERVICE)
    assert base.read(sliced.root, known(sliced)).keys() == texts(sliced).keys()


def test_a_text_of_the_history_gets_the_moved_names(fresh: Project) -> None:
    old, new = "from app.core.seal import Seal\n\nSIGN = Seal\n", "from app.kit.signer import Signer\n\nSIGN = Signer\n"
    fresh.edit({"deep/article_router.py": old})
    fresh.edit({"deep/article_router.py": "changed = 1\n"})
    moves = '["0.2.0".names]\n"app.core.seal.Seal" = "app.kit.signer.Signer"\n'
    recorded = Record(known_resource(fresh), {ROUTER: hash_of(old.encode()), SERVICE: hash_of(b"never committed")})
    assert Past(Repository(fresh.root), moves).find(recorded, [ROUTER, SERVICE]) == {ROUTER: new}


def known_resource(project: Project) -> Any:
    add(project, "article", "title:str")
    return known(project).resource


def test_without_any_base_nothing_is_touched(sliced: Project) -> None:
    sliced.edit({BASE: None, SERVICE: sliced.read(SERVICE) + MINE})
    head = sliced.git_raw("rev-parse", "HEAD").strip()
    tree = sliced.git_raw("rev-parse", "HEAD^{tree}").strip()
    alone = sliced.git_raw("commit-tree", tree, "-m", "without history").strip()
    sliced.git_raw("reset", "--quiet", "--hard", alone)
    assert head != alone
    before = texts(sliced)
    output = sliced.update(code=1)
    assert f"  {SERVICE}: edited, and the text before your edits is unknown\n" in output
    assert texts(sliced) == before
    command = output.partition("against your files: ")[2].partition("\n")[0]
    shown = sliced.git_raw(*command.split()[1:])
    assert f"-{OLDER[SERVICE][1]}\n+{OLDER[SERVICE][0]}\n" in shown
    assert "-def mine() -> int:\n" in shown
    sliced.commit({})
    done = subprocess.run(("git", "cherry-pick", "--no-commit", COMMIT.findall(output)[0]), cwd=sliced.root)
    assert done.returncode == 1
    assert "<<<<<<<" in sliced.read(SERVICE)
    assert "def mine()" in sliced.read(SERVICE)


def test_a_removed_file_stays_removed(sliced: Project) -> None:
    sliced.edit({SERVICE: None, TEST: None})
    sliced.update()
    assert not (sliced.root / SERVICE).exists()
    assert not (sliced.root / TEST).exists()
    assert OLDER[MODEL][0] in sliced.read(MODEL)
    sliced.commit({})
    assert "Nothing to do" in sliced.update()


def test_a_dry_run_shows_it_and_writes_nothing(sliced: Project) -> None:
    add_older(sliced, "note", "title:str")
    edit(sliced, SERVICE, OLDER[SERVICE][1], '"""Mine."""')
    before = {str(path): path.read_bytes() for path in sliced.root.rglob("*") if path.is_file()}
    output = sliced.update("--dry-run", code=1)
    assert f"  {SERVICE}: changed here and in the templates\n" in output
    assert "cherry-pick" not in output
    assert {str(path): path.read_bytes() for path in sliced.root.rglob("*") if path.is_file()} == before
    sliced.edit({SERVICE: sliced.read(SERVICE).replace('"""Mine."""', OLDER[SERVICE][1])})
    output = sliced.update("--dry-run")
    assert f"-{OLDER[SERVICE][1]}\n+{OLDER[SERVICE][0]}\n" in output
    assert BASE not in output
