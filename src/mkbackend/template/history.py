"""Template versions, read from the git history of a checkout without changing it."""

import tomllib
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from mkbackend.system.git import git
from mkbackend.system.programs import run

TEMPLATE = ("copier.yml", "template")
_PATHS = (*TEMPLATE, "pyproject.toml")
# Ignore replace refs, and do not refresh the index.
_AS_IS = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Step:
    """One version: its tag, commit time, and the git objects of its two parts."""

    tag: str
    time: int
    questions: str
    tree: str


def history(root: Path) -> list[Step]:
    """Return the committed versions, oldest first: the commits of main that changed the template or its version."""
    _fetch_missing(root)
    walk = git("rev-list", "--first-parent", "--reverse", "--timestamp", "HEAD", "--", *_PATHS, cwd=root, env=_AS_IS)
    commits = [line.split() for line in walk.splitlines()]
    parts = list(batched(objects([f"{commit}:{path}" for _, commit in commits for path in _PATHS], root), 3))
    versions = _versions({project for *_, project in parts if project}, root)
    steps: list[Step] = []
    latest: tuple[int, ...] = (0,)
    since = 0
    for (time, commit), (questions, tree, project) in zip(commits, parts, strict=True):
        version = versions.get(project, latest)
        if not (questions and tree):
            continue
        if version > latest:
            latest, since = version, 0
        elif steps and (questions, tree) == (steps[-1].questions, steps[-1].tree):
            continue
        else:
            since += 1
        release = "v" + ".".join(map(str, latest))
        tag = f"{release}.post{since}+g{commit[:9]}" if since else release
        steps.append(Step(tag, int(time), questions, tree))
    return steps


def uncommitted(root: Path, repo: Path, steps: list[Step]) -> list[Step]:
    """Return uncommitted changes as one more step; new objects go to `repo`, which borrows from `root`."""
    if not git("status", "--porcelain", "--untracked-files=all", "--", *TEMPLATE, cwd=root, env=_AS_IS):
        return []
    where = {"GIT_DIR": str(repo), "GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": str(repo / "uncommitted")}
    head = git("rev-parse", "HEAD", cwd=root)
    git("read-tree", head, cwd=root, env=where)
    git("add", "--all", "--", *TEMPLATE, cwd=root, env=where)
    whole = git("write-tree", cwd=root, env=where)
    questions, tree = objects([f"{whole}:{path}" for path in TEMPLATE], root, where)
    release, _, since = (steps[-1].tag if steps else "v0").partition("+")[0].partition(".post")
    # The tag contains a content hash: two work trees on one commit are two versions.
    tag = f"{release}.post{int(since or 0) + 1}.dev0+g{head[:9]}.d{whole[:9]}"
    return [Step(tag, int(git("show", "--no-patch", "--format=%ct", cwd=root)) + 1, questions, tree)]


def objects(names: list[str], root: Path, env: dict[str, str] = _AS_IS) -> list[str]:
    """Return the id of each named object, or an empty string if it does not exist."""
    stdin = "".join(f"{name}\n" for name in names).encode()
    found = git("cat-file", "--batch-check=%(objectname)", cwd=root, stdin=stdin, env=env)
    return ["" if line.endswith(" missing") else line for line in found.splitlines()]


def _versions(blobs: set[str], root: Path) -> dict[str, tuple[int, ...]]:
    """Return the version in each pyproject.toml, without those that are missing or not plain numbers."""
    stdin = "".join(f"{blob}\n" for blob in sorted(blobs)).encode()
    printed = run("git", "cat-file", "--batch", cwd=root, stdin=stdin, env=_AS_IS)
    found: dict[str, tuple[int, ...]] = {}
    while printed:
        head, _, rest = printed.partition(b"\n")
        blob, _, size = head.decode().split()
        text, printed = rest[: int(size)], rest[int(size) + 1 :]
        try:
            version = tomllib.loads(text.decode())["project"]["version"]
            found[blob] = tuple(map(int, version.split(".")))
        except (ValueError, KeyError):  # half-written, dynamic, or a pre-release such as 1.0rc1
            continue
    return found


def _fetch_missing(root: Path) -> None:
    """Fetch the missing objects of a partial clone at once: git would ask the server for each file."""
    settings = git("config", "--list", "--name-only", cwd=root).splitlines()
    promisors = [name for name in settings if name.startswith("remote.") and name.endswith(".promisor")]
    for name in promisors:
        walk = git("rev-list", "--objects", "--missing=print", "HEAD", "--", *_PATHS, cwd=root, env=_AS_IS)
        missing = "".join(f"{line[1:]}\n" for line in walk.splitlines() if line.startswith("?"))
        remote = name.removeprefix("remote.").removesuffix(".promisor")
        if missing:
            quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
            noop = ("-c", "fetch.negotiationAlgorithm=noop")
            git(*noop, "fetch", *quiet, "--stdin", remote, cwd=root, stdin=missing.encode())
