"""The version of a project's template, and the one that it is updated to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.project.answers import ANSWERS, Recorded
from mkbackend.system.programs import typed
from mkbackend.template import bundle
from mkbackend.template.home import HOME_BUNDLE
from mkbackend.template.source import Source, Versions, expanded, find_source, is_own, known_versions


@dataclass(frozen=True)
class Span:
    """The current and target version of a project; Copier reads both from the same source.

    `url` is the template that the project records afterwards. `is_newest`: the target is the newest of this
    mkbackend, whose slices need it.
    """

    old: Source
    new: Source
    url: str
    is_newest: bool = False

    @property
    def is_own(self) -> bool:
        """Return whether the template is mkbackend's own, described in CHANGELOG.md."""
        return is_own(self.url)


@contextmanager
def find_span(recorded: Recorded, to: str | None, url: str | None, remember: bool = True) -> Iterator[Span]:
    """Yield the project's version and the target version; a foreign template must be named by `url`."""
    _require_trust(recorded, url)
    if url:
        with find_source(url, to) as new:
            yield Span(Source(new.url, recorded.version, ""), new, new.url)
        return
    with known_versions(remember) as versions:
        old = _own(recorded, versions)
        new_version = _named(to, versions.known) if to else versions.newest
        if new_version is None:
            raise BadInputError(f"Unknown version {to!r}.", hint=f"Versions: {', '.join(_releases(versions))}")
        if bundle.order(old) > bundle.order(new_version):
            raise _too_new(old, new_version, asked=bool(to))
        newest = new_version == versions.newest
        yield Span(versions.source(old), versions.source(new_version), HOME_BUNDLE, newest)


def short(version: str) -> str:
    """Return a version without prefix and commit: 0.2.0, or 0.2.0.post1 for a step after it."""
    return version.removeprefix("v").partition("+")[0]


def _require_trust(recorded: Recorded, url: str | None) -> None:
    """Raise BadInputError for a foreign template unless the user names the same one."""
    if url is None and not is_own(recorded.url):
        raise BadInputError(
            f"This project uses a third-party template: {recorded.url}.",
            hint=f"If you trust it: {typed('mkbackend', 'update', '--template', recorded.url)}",
        )
    if url and _place(url, recorded.project) != _place(recorded.url, recorded.project):
        raise BadInputError(
            f"The project records another template: {recorded.url}.",
            hint=f"If it has moved, set _src_path in {ANSWERS} to {url}, commit, and retry.",
        )


def _place(url: str, project: Path) -> str:
    """Return the normalised form of a URL or path."""
    bare = expanded(url.removeprefix("git+"))
    for path in (Path(bare), project / bare):
        if path.exists():
            return str(path.resolve())
    return bare.rstrip("/")


def _own(recorded: Recorded, versions: Versions) -> str:
    """Return the project's version if it is known here; raise BadInputError otherwise."""
    if known := _named(recorded.version, versions.known):
        return known
    try:
        order = bundle.order(recorded.version)
    except ValueError:
        order = None
    if order and order > bundle.order(versions.newest):
        raise _too_new(recorded.version, versions.newest)
    nearest = [version for version in versions.known if order and bundle.order(version) < order]
    raise BadInputError(
        f"The project's template version {recorded.version} is unknown to this mkbackend.",
        hint=f"Set _commit in {ANSWERS} to the nearest known version, {(nearest or versions.known)[-1]}, and commit.",
    )


def _named(name: str, known: tuple[str, ...]) -> str | None:
    """Return the version with a name, in full or short form."""
    return next((version for version in known if version == name), None) or next(
        (version for version in reversed(known) if short(version) == short(name)), None
    )


def _too_new(old: str, new: str, asked: bool = False) -> BadInputError:
    if asked:
        return BadInputError(
            f"The project has {short(old)}, which is newer than {short(new)}.", hint="To go back, use git revert."
        )
    return BadInputError(
        f"The project has {short(old)}, which is newer than this mkbackend's {short(new)}.", hint="Upgrade mkbackend."
    )


def _releases(versions: Versions) -> list[str]:
    return [short(version) for version in versions.known if ".post" not in version]
