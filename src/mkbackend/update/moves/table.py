"""The list of moves: old and new dotted names of modules and their definitions."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from packaging.version import InvalidVersion, Version

from mkbackend.errors import MkbackendError
from mkbackend.template.bundle import MOVES

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)+)")
_KINDS = ("modules", "names")


@dataclass(frozen=True)
class Moves:
    """Old and new dotted names; a module or package includes everything in it, unless a longer name is listed.

    `names` are module-level classes, functions and constants, with their modules.
    """

    modules: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.modules or self.names)

    @cached_property
    def all(self) -> dict[str, str]:
        """All moves, old to new."""
        return {**self.modules, **self.names}

    def key(self, dotted: str) -> str:
        """Return the longest old name that is a prefix of a dotted name; empty if there is none."""
        return _longest(dotted, self.all)

    def apply(self, dotted: str) -> str:
        """Return the new form of a dotted name."""
        return _moved(dotted, self.all)

    def module(self, dotted: str) -> str:
        """Return the new name of a module or package."""
        return _moved(dotted, self.modules)

    def then(self, later: "Moves") -> "Moves":
        """Return these moves composed with later ones."""
        return Moves(self._then(later, "modules"), self._then(later, "names"))

    def _then(self, later: "Moves", kind: str) -> dict[str, str]:
        begun: Mapping[str, str] = getattr(self, kind)
        old = {*begun, *(name for key in getattr(later, kind) for name in self._before(key))}
        return {name: later.apply(self.apply(name)) for name in sorted(old)}

    def _before(self, dotted: str) -> set[str]:
        """Return the names that these moves change to a dotted name."""
        found = {dotted}
        for old, new in self.all.items():
            if dotted == new or dotted.startswith(f"{new}."):
                found.add(old + dotted.removeprefix(new))
        return {name for name in found if self.apply(name) == dotted}


def read(text: str, since: str) -> Moves:
    """Return the composed moves of all versions after one; raise MkbackendError if the list is malformed.

    For an unknown version (a branch or commit of a fork) all moves apply: names that no longer exist match nothing.
    """
    found = _RELEASE.match(since)
    known = Version(found[1]) if found else Version("0")
    steps = {version: moves for version, moves in _parsed(text).items() if version > known}
    whole = Moves()
    for version in sorted(steps):
        whole = whole.then(steps[version])
    return whole


def _parsed(text: str) -> dict[Version, Moves]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _malformed(str(error)) from error
    return {_version(name): _step(name, table) for name, table in tables.items()}


def _version(name: str) -> Version:
    try:
        return Version(name)
    except InvalidVersion as error:
        raise _malformed(f'"{name}" is not a version') from error


def _step(version: str, table: object) -> Moves:
    if not isinstance(table, dict) or (unknown := table.keys() - {*_KINDS}):
        what = f"[{version!r}] has {sorted(unknown)[0]!r}" if isinstance(table, dict) else f"{version!r} is not a table"
        raise _malformed(f"{what}, where modules or names is expected")
    modules, names = (_pairs(version, kind, table.get(kind, {})) for kind in _KINDS)
    if both := sorted(modules.keys() & names.keys()):
        raise _malformed(f'"{both[0]}" of {version} is both a module and a name')
    for old, new in names.items():
        if "." not in old or "." not in new:
            raise _malformed(f'"{old}" = "{new}" of {version} has no module: write module.Name')
    return Moves(modules, names)


def _pairs(version: str, kind: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise _malformed(f"{kind} of {version} is not a table")
    for old, new in table.items():
        for dotted in (old, new):
            if not (isinstance(dotted, str) and _DOTTED.fullmatch(dotted)):
                raise _malformed(f"{kind} of {version}: {dotted!r} is not a dotted name")
    return table


def _malformed(problem: str) -> MkbackendError:
    return MkbackendError(
        f"{MOVES} of the template is malformed: {problem}.", hint="Report it to the template's author."
    )


def _longest(dotted: str, known: Mapping[str, str]) -> str:
    while dotted and dotted not in known:
        dotted = dotted.rpartition(".")[0]
    return dotted


def _moved(dotted: str, known: Mapping[str, str]) -> str:
    old = _longest(dotted, known)
    return known[old] + dotted.removeprefix(old) if old else dotted
