"""Sources and versions of the template."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system.git import git
from mkbackend.template import bundle
from mkbackend.template.history import TEMPLATE
from mkbackend.template.home import HOME_BUNDLE, add_versions, is_whole

_SHIPPED = Path(__file__).parents[1] / "template.bundle"
_CHECKOUT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Source:
    """A version of the template: the URL a project records, its questions (copier.yml) and moves (moves.toml)."""

    url: str
    version: str
    questions: str
    moves: str = ""


@dataclass(frozen=True)
class Versions:
    """The known versions of mkbackend's own template, oldest first, and the newest of this mkbackend."""

    url: str
    known: tuple[str, ...]
    newest: str

    def source(self, version: str) -> Source:
        """Return one of the versions with its questions and moves."""
        return Source(self.url, version, *bundle.texts(Path(self.url).expanduser(), version))


@contextmanager
def find_source(url: str | None = None, ref: str | None = None, remember: bool = True) -> Iterator[Source]:
    """Yield mkbackend's own template, or the one at `url`.

    `remember` stores our own in the user's home, where later updates find its versions.
    """
    if url:
        yield _elsewhere(url, ref)
        return
    with ExitStack() as needed:
        own = needed.enter_context(_own_bundle())
        version = list(bundle.tags(own))[-1]
        texts = bundle.texts(own, version)
        if remember:
            add_versions(own)
            needed.close()  # so that a killed run leaves no temporary file
        yield Source(HOME_BUNDLE if remember else str(own), version, *texts)


@contextmanager
def known_versions(remember: bool = True) -> Iterator[Versions]:
    """Yield the versions in the user's home and of this mkbackend; `remember` stores ours there."""
    home = Path(HOME_BUNDLE).expanduser()
    with ExitStack() as needed:
        own = needed.enter_context(_own_bundle())
        newest = list(bundle.tags(own))[-1]
        if remember:
            add_versions(own)
            yield Versions(HOME_BUNDLE, tuple(bundle.tags(home)), newest)
            return
        both = Path(needed.enter_context(tempfile.TemporaryDirectory(prefix="mkbackend-"))) / "template.bundle"
        both.write_bytes(bundle.union(home, own) if is_whole(home) else own.read_bytes())
        yield Versions(str(both), tuple(bundle.tags(both)), newest)


def is_own(url: str) -> bool:
    """Return whether a URL is mkbackend's own template: the bundle in the user's home, with or without `~`."""
    return expanded(url) == expanded(HOME_BUNDLE)


def expanded(url: str) -> str:
    """Return a path with `~` expanded; any other URL unchanged."""
    return os.path.expanduser(url)  # noqa: PTH111  # pathlib's raises where there is no such user


def _elsewhere(url: str, ref: str | None) -> Source:
    """Return a template in another git repository, by default its newest release."""
    url = str(Path(url).resolve()) if Path(url).exists() else url.removeprefix("git+")
    # Copier recognises a git URL only by this prefix or suffix.
    recorded = f"git+{url}" if "://" in url and not url.endswith(".git") else url
    try:
        version = ref or _newest(git("ls-remote", "--tags", "--refs", "--", url))
        return Source(recorded, version, *bundle.texts(url, version))
    except MkbackendError as error:
        raise BadInputError(
            f"No template found at {url}{f' {ref}' if ref else ''}: {error.message}",
            hint="--template takes the URL or path of a git repository, --ref a tag, branch or commit of it.",
        ) from error


@contextmanager
def _own_bundle() -> Iterator[Path]:
    """Yield the bundle of the package, or in a checkout a bundle of its current state."""
    if _SHIPPED.is_file():
        yield _SHIPPED
        return
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        path = Path(directory) / "template.bundle"
        path.write_bytes(bundle.build(_CHECKOUT))
        yield path


def own_questions() -> str:
    """Return copier.yml of this mkbackend; a checkout needs no bundle for it."""
    if not _SHIPPED.is_file():
        return (_CHECKOUT / TEMPLATE[0]).read_text(encoding="utf-8")
    return bundle.texts(_SHIPPED, list(bundle.tags(_SHIPPED))[-1])[0]


def _newest(listing: str) -> str:
    """Return the newest release among the tags that `git ls-remote` lists, or the default branch."""
    releases = re.findall(r"refs/tags/(v?(\d+(?:\.\d+)*(?:\.post\d+)?)(?:\+\S+)?)$", listing, re.MULTILINE)
    newest = max(releases, key=lambda found: [int(number) for number in re.findall(r"\d+", found[1])], default=None)
    return newest[0] if newest else "HEAD"
