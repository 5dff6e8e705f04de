"""The template as a git bundle: main's history reduced to the template, with a version tag on every step.

Copier updates a project only from a git repository that has the project's old version, and a wheel has none. The build
hook writes the bundle into the wheel; in a checkout each run builds it. The same history gives the same bytes on every
machine.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.system.environment import git_environment
from mkbackend.system.git import git
from mkbackend.system.programs import run
from mkbackend.template.history import TEMPLATE, Step, history, uncommitted

MOVES = f"{TEMPLATE[1]}/moves.toml"
_HEADER = b"# v2 git bundle\n"
_BRANCH = "refs/heads/main"
_TAGS = "refs/tags/"
# Keeps git from converting line ends, except where the template's own .gitattributes says so.
_ATTRIBUTES = b"* -text\n"
# The bytes must not depend on the user's settings or on how the clone is packed.
_PACK = (
    *("-c", "core.compression=9", "-c", "pack.compression=9", "-c", "pack.window=10", "-c", "pack.depth=50"),
    *("pack-objects", "--quiet", "--revs", "--all", "--stdout"),
    *("--threads=1", "--no-reuse-delta", "--no-reuse-object"),
)


def build(root: Path, release: bool = False) -> bytes:
    """Return the bundle of the checkout at `root`, with uncommitted changes as a last, pre-release step.

    A `release` needs a full clone: a shallow one would number the versions differently.
    """
    if not (root / ".git").exists():
        raise MkbackendError(
            f"{root} is not a git clone, so it has no template versions.",
            hint="Clone the repository with git, or install mkbackend as a package.",
        )
    if release and git("rev-parse", "--is-shallow-repository", cwd=root) == "true":
        raise MkbackendError(f"{root} is a shallow clone, without older versions.", hint="git fetch --unshallow")
    with _repository(borrow=git("rev-parse", "--path-format=absolute", "--git-path", "objects", cwd=root)) as repo:
        steps = history(root)
        steps += uncommitted(root, repo, steps)
        if not steps:
            raise MkbackendError(f"No commit of {root} has {' and '.join(TEMPLATE)}.")
        _git(repo, "fast-import", "--quiet", stdin=b"".join(_commands(steps)))
        return _pack(repo)


def tags(path: Path) -> dict[str, str]:
    """Return the versions in a bundle and their commits, oldest first; raise MkbackendError if it is damaged."""
    head, _, pack = path.read_bytes().partition(b"\n\n")
    if not head.startswith(_HEADER):
        raise MkbackendError(f"The template in {path} is damaged: no git bundle.", hint="Reinstall mkbackend.")
    if hashlib.sha1(pack[:-20], usedforsecurity=False).digest() != pack[-20:]:
        reason = f"the checksum of {len(pack):,} bytes is wrong"
        raise MkbackendError(f"The template in {path} is damaged: {reason}.", hint="Reinstall mkbackend.")
    refs = (line.split(" ", 1) for line in head.decode().splitlines()[1:])
    found = {ref.removeprefix(_TAGS): commit for commit, ref in refs if ref.startswith(_TAGS)}
    return dict(sorted(found.items(), key=lambda item: order(item[0])))


def union(old: Path, new: Path) -> bytes:
    """Return a bundle with the versions of both files; where they differ, the new file wins."""
    with _repository() as repo:
        for path in (old, new):
            _git(repo, "fetch", "--quiet", path.resolve(), f"+{_TAGS}*:{_TAGS}*", f"+{_BRANCH}:{_BRANCH}")
        return _pack(repo)


def texts(source: str | Path, version: str) -> tuple[str, str]:
    """Return copier.yml at a version of a bundle or repository, and moves.toml, empty if missing."""
    with _repository() as repo:
        if Path(source).is_file():
            _git(repo, "fetch", "--quiet", source, version)
        else:  # with the user's settings, which are needed to connect
            git("fetch", "--quiet", "--depth=1", "--", source, version, env={"GIT_DIR": str(repo)})
        questions = _git(repo, "show", f"FETCH_HEAD:{TEMPLATE[0]}").decode(errors="replace")
        moves = _git(repo, "ls-tree", "FETCH_HEAD", MOVES) and _git(repo, "show", f"FETCH_HEAD:{MOVES}")
        return questions, moves.decode(errors="replace")


def _commands(steps: list[Step]) -> Iterator[bytes]:
    """Yield the input of `git fast-import`: one commit and one tag for each step."""
    yield b"blob\nmark :1\ndata %d\n%b\n" % (len(_ATTRIBUTES), _ATTRIBUTES)
    for mark, step in enumerate(steps, start=2):
        yield (
            f"commit {_BRANCH}\nmark :{mark}\n"
            f"committer mkbackend <mkbackend@localhost> {step.time} +0000\n"
            f"data {len(step.tag)}\n{step.tag}\n"
            f"deleteall\nM 100644 :1 .gitattributes\n"
            f"M 100644 {step.questions} {TEMPLATE[0]}\nM 040000 {step.tree} {TEMPLATE[1]}\n"
            f"reset {_TAGS}{step.tag}\nfrom :{mark}\n"
        ).encode()


def order(tag: str) -> tuple[tuple[int, ...], int, bool]:
    """Return the sort key of one of our tags; a pre-release sorts before its step.

    Raise ValueError for other tags.
    """
    release, _, rest = tag.removeprefix("v").partition("+")[0].partition(".post")
    return tuple(map(int, release.split("."))), int(rest.partition(".")[0] or 0), ".dev" not in rest


@contextmanager
def _repository(borrow: str = "") -> Iterator[Path]:
    """Yield a temporary empty repository; it can borrow the objects of another."""
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        repo = Path(directory) / "template.git"
        _git(repo, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", repo)
        if borrow:
            (repo / "objects" / "info" / "alternates").write_text(f"{borrow}\n", encoding="utf-8", newline="\n")
        yield repo


def _git(repo: Path, *args: str | Path, stdin: bytes = b"") -> bytes:
    return run("git", *args, stdin=stdin, env={**git_environment(private=True), "GIT_DIR": str(repo)})


def _pack(repo: Path) -> bytes:
    refs = _git(repo, "for-each-ref", "--format=%(objectname) %(refname)").decode()
    head = _git(repo, "rev-parse", "HEAD").decode().strip()
    return _HEADER + f"{refs}{head} HEAD\n\n".encode() + _git(repo, *_PACK)
