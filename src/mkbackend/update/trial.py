"""Trial of a merge in a temporary repository that borrows the project's objects.

Its work tree has the files that the template does not change: git reads .gitattributes there, and a merge driver may
be a script of the project.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from mkbackend.project.repository import Repository
from mkbackend.system.git import git
from mkbackend.system.programs import run
from mkbackend.update import imports, merge
from mkbackend.update.trees import Ours


def borrow(repo: Repository, ours: Ours, directory: Path, objects: Path) -> Repository:
    """Create a temporary repository at the user's commit with their settings and an empty work tree.

    Its index has the user's side of the merge. Filters do not run in it: their keys and programs are in the project.
    """
    top = directory / "tree"
    form = repo.git("rev-parse", "--show-object-format")
    git("init", "--quiet", "--template=", "--initial-branch=main", f"--object-format={form}", top)
    theirs = Path(repo.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
    inside = top / ".git"
    for name in ("shallow", "info/attributes", "objects/info/alternates"):
        (inside / name).parent.mkdir(exist_ok=True)
        if name != "objects/info/alternates" and (theirs / name).is_file():
            (inside / name).write_bytes((theirs / name).read_bytes())
    with (inside / "info/attributes").open("a", encoding="utf-8", newline="\n") as attributes:
        attributes.write("\n* -filter\n")
    _write(inside / "objects/info/alternates", f"{theirs / 'objects'}\n{objects}\n")
    own = f'[core]\n\tbare = false\n\tworktree = "{_quoted(top)}"\n\tsparseCheckout = false\n\tfsmonitor = false\n'
    with (inside / "config").open("a", encoding="utf-8", newline="\n") as config:
        config.write(f'[include]\n\tpath = "{_quoted(theirs / "config")}"\n{own}')
    trial = Repository(top, repo.prefix)
    trial.git("update-ref", "HEAD", repo.git("rev-parse", "HEAD"))
    trial.git("read-tree", ours.commit)
    return trial


def attempt(trial: Repository, commit: str) -> merge.Outcome:
    """Merge in the temporary repository, record the files that git wrote, then check out the rest of the project."""
    touched = set(trial.names("diff-tree", "-r", "-z", "--name-only", f"{commit}^", commit))
    _check_out(trial, touched)
    merge.cherry_pick(trial, commit)
    both = [path for path, stages in merge.unmerged(trial).items() if stages == {merge.BASE, merge.OURS, merge.THEIRS}]
    resolved = imports.resolve(trial, both)
    changed = trial.names("diff", "--cached", "-z", "--name-only", "--no-renames", "HEAD")
    written = [path for path in changed if _is_there(trial, path)]
    outcome = merge.settle(trial)
    outcome.written, outcome.resolved = written, resolved
    _check_out(trial, set(outcome.conflicts))
    if mine := [path for path, why in outcome.conflicts.items() if why.endswith(merge.IN_PLACE)]:
        trial.git("--literal-pathspecs", "checkout", "--quiet", "--ours", "--", *mine)
    return outcome


def hand_over(trial: Repository, commits: Iterable[str], repo: Repository) -> None:
    """Copy the objects of commits to the user's repository, still unreferenced."""
    wanted = "".join(f"{commit}\n" for commit in (*commits, f"^{trial.git('rev-parse', 'HEAD')}")).encode()
    pack = run("git", "pack-objects", "--quiet", "--revs", "--stdout", cwd=trial.top, stdin=wanted)
    repo.git("unpack-objects", "-q", stdin=pack)


def _check_out(trial: Repository, but: set[str]) -> None:
    """Check out the project's missing files except some, and every .gitattributes, also those above the project."""
    missing = [name for name in trial.names("ls-files", "-z") if not os.path.lexists(trial.top / name)]
    wanted = [
        os.fsencode(name) + b"\0"
        for name in missing
        if name.rpartition("/")[2] == ".gitattributes" or (name.startswith(trial.prefix) and name not in but)
    ]
    trial.git("checkout-index", "--quiet", "-z", "--stdin", stdin=b"".join(wanted))


def _is_there(trial: Repository, path: str) -> bool:
    """Return whether a path is in the work tree, not behind a symbolic link."""
    is_behind_link = any((trial.top / parent).is_symlink() for parent in Path(path).parents)
    return os.path.lexists(trial.top / path) and not is_behind_link


def _quoted(path: Path) -> str:
    """Return a path escaped for quotes in a git config file."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
