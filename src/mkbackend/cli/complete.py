"""Completion of resources, fields, access rules, answers and pages; it prints no errors and imports little."""

import os
from collections.abc import Iterable, Iterator, MutableMapping
from itertools import pairwise
from pathlib import Path

import typer

# The part of the last word that bash keeps, and that completions leave out.
_KEPT = "_MKBACKEND_KEPT"


def join_words(environ: MutableMapping[str, str]) -> None:
    """Join the words that bash splits at `:` and `=`; the part of the last one that it keeps is set aside."""
    if environ.get("_MKBACKEND_COMPLETE") != "complete_bash":
        return
    words = environ["COMP_WORDS"].split("\n")[: int(environ["COMP_CWORD"]) + 1]
    joined = words[:1]
    for before, word in pairwise(words):
        if word and (_is_break(word) or _is_break(before)):
            joined[-1] += word
        else:
            joined.append(word)
    last = "" if _is_break(words[-1]) else words[-1]
    option, equals, value = joined[-1].partition("=")
    if equals and option.startswith("--") and joined[-1] != last:
        joined[-1:] = [option, value]
    environ[_KEPT] = joined.pop().removesuffix(last)
    environ["COMP_WORDS"] = "\n".join([*joined, last])
    environ["COMP_CWORD"] = str(len(joined))


def resources(context: typer.Context) -> list[str]:
    """Return the resources of the project, from the records of `add`."""
    project = os.path.expanduser(context.params.get("project") or ".")  # noqa: PTH111  # does not raise
    return sorted(path.stem for path in Path(project, ".mkbackend").glob("*.toml"))


def fields(context: typer.Context, incomplete: str) -> list[str]:
    """Return the types after `NAME:`, and the modifiers after the type; a reference or link ends with a resource."""
    begun, colon, _ = _whole(incomplete).rpartition(":")
    if not colon or "=" in begun:
        return []
    words = _modifiers(begun) if ":" in begun else _types(context)
    return _without_kept(f"{begun}:{word}" for word in words)


def auths() -> list[str]:
    """Return the access rules of resources."""
    from mkbackend.slices.resource.rights import AUTHS

    return list(AUTHS)


def data() -> list[str]:
    """Return NAME=CHOICE for the questions with choices, NAME= for the others."""
    from mkbackend.errors import MkbackendError
    from mkbackend.template.questions import Questions
    from mkbackend.template.source import own_questions

    try:
        asked = Questions(own_questions()).asked
    except (MkbackendError, OSError):  # a message would appear in the middle of the line
        return []
    return _without_kept(f"{name}={one}" for name, question in asked.items() for one in question.offered or ("",))


def pages() -> list[str]:
    """Return the names of the manual's pages."""
    from mkbackend import manual
    from mkbackend.errors import MkbackendError

    try:
        return [page.name for page in manual.pages()]
    except (MkbackendError, OSError):
        return []


def _types(context: typer.Context) -> Iterator[str]:
    from mkbackend.slices.types import TYPES

    yield from (name for name in TYPES if name not in ("ref", "many"))
    yield from (f"ref/{name}" for name in ("user", *resources(context)))
    yield from (f"many/{name}" for name in resources(context))


def _modifiers(begun: str) -> Iterator[str]:
    """Yield the modifiers that the field may have next."""
    from mkbackend.errors import BadInputError
    from mkbackend.slices.resource.field_words import MODIFIERS, parse_field

    for modifier in MODIFIERS:
        try:
            parse_field(f"{begun}:{modifier}")
        except BadInputError:
            continue
        yield modifier


def _whole(incomplete: str) -> str:
    return os.environ.get(_KEPT, "") + incomplete


def _without_kept(words: Iterable[str]) -> list[str]:
    """Return the words that fit, as the shell expects them."""
    kept = _whole("")
    return [word.removeprefix(kept) for word in words if word.startswith(kept)]


def _is_break(word: str) -> bool:
    return bool(word) and not word.strip(":=")
