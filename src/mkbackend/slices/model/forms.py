"""Regular expressions of the words of a model file, made from the grammar. Pure.

They accept the words that the grammar accepts in form: `apply` checks which names are taken, the values of defaults,
and the other fields that a word names. JavaScript and Python read them alike.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, product

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.field_words import MODIFIERS, parse_field
from mkbackend.slices.types import TYPES

# At most 30 and 40 characters; what follows the word is not one of its characters.
NAME = "(?![a-z0-9_]{31})[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
VALUE = "(?![a-zA-Z0-9_-]{41})[a-zA-Z][a-zA-Z0-9]*(?:[_-][a-zA-Z0-9]+)*"
_DIGITS = "(?=[0-9]{1,19}(?![0-9]))0*"
_TEXT = r"\S(?:.*\S)?"
_INTEGER = "-?[0-9]{1,19}"
# The arguments of each type and an example of them; several if the modifiers depend on the arguments.
_ARGS = {
    "str": [
        (f"(?:/{_DIGITS}(?:[1-9][0-9]?|[1-4][0-9]{{2}}|500))?", ""),
        (f"/{_DIGITS}(?:50[1-9]|5[1-9][0-9]|[6-9][0-9]{{2}}|[1-9][0-9]{{3}}|10000)", "/501"),
    ],
    "decimal": [(f"/{_DIGITS}(?:[1-9]|1[0-9]|2[0-8])/(?:{_DIGITS}(?:[0-9]|1[0-9]|2[0-8])|-0{{1,19}})", "/3/1")],
    "enum": [(f"(?:/{VALUE}){{2,50}}", "/x/y")],
    "ref": [(f"/{NAME}", "/user")],
    "many": [(f"/{NAME}", "/tag")],
}
# The form of the defaults of each type, and an example.
_DEFAULTS = {
    "str": (_TEXT, "x"),
    "text": (_TEXT, "x"),
    "email": ("[a-z0-9_+.-]{1,64}@[a-z0-9.-]+", "ada@example.com"),
    "url": ("https?://.+", "https://example.com/"),
    "int": (_INTEGER, "1"),
    "bigint": (_INTEGER, "1"),
    "float": (r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", "1"),
    "decimal": (r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", "1"),
    "bool": ("(?:true|false)", "true"),
    "date": ("[0-9]{4}-(?:[0-9]{2}-[0-9]{2}|W[0-9]{2}-[0-9])", "2026-01-01"),
    "datetime": (".{10,}", "2026-01-01T00:00:00Z"),
    "uuid": ("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "f47ac10b-58cc-4372-a567-0e02b2c3d479"),
    "enum": (VALUE, "x"),
}
# Stands for a default among the modifiers.
_DEFAULT = "="
# Whether a field has each of some modifiers.
_Rule = tuple[tuple[str, bool], ...]


def whole(pattern: str) -> str:
    """Return a pattern that matches a whole text, which in Python ends before no line break."""
    return f"^(?:{pattern})$(?!\\n)"


def fields() -> Iterator[tuple[str, str]]:
    """Yield the syntax of each type, and the pattern of its fields."""
    for name, type_ in TYPES.items():
        yield type_.syntax, "|".join(_form(name, *each) for each in _ARGS.get(name, [("", "")]))


def _form(name: str, args: str, example: str) -> str:
    """Return the pattern of the fields of a type with such arguments."""
    default, value = _DEFAULTS.get(name, ("", ""))
    possible = set(_possible(f"a:{name}{example}", value))
    had = sorted({word for each in possible for word in each})
    words = [f"after/{NAME}" if word == "after" else word for word in had if word != _DEFAULT]
    parts = [
        *(_never(rule) for rule in _forbidden(possible, had)),
        f"(?![^=]*:({_any(had)})(?![a-z])[^=]*:\\1(?![a-z]))" if words else "",
        f"{NAME}:{name}{args}",
        f"(?::{_any(words)})*" if words else "",
        f"(?:={default})?" if _DEFAULT in had else "",
    ]
    return "".join(parts)


def _possible(begun: str, value: str) -> Iterator[frozenset[str]]:
    """Yield the sets of modifiers that a field may have, with one for a default of this value."""
    some = [each for size in range(3) for each in combinations(MODIFIERS, size)]
    known = {word for each in some for end in ("", f"={value}") if _is_valid(begun, each, end) for word in each}
    for size in range(len(known) + 1):
        for each in combinations(sorted(known), size):
            if _is_valid(begun, each, ""):
                yield frozenset(each)
            if _is_valid(begun, each, f"={value}"):
                yield frozenset({*each, _DEFAULT})


def _is_valid(begun: str, modifiers: Iterable[str], end: str) -> bool:
    words = (f":{word}{'/b' if word == 'after' else ''}" for word in modifiers)
    try:
        parse_field(begun + "".join(words) + end)
    except BadInputError:
        return False
    return True


def _forbidden(possible: set[frozenset[str]], words: list[str]) -> list[_Rule]:
    """Return the shortest rules that no possible set follows, of at most three words."""
    found: list[_Rule] = []
    for size in (1, 2, 3):
        for some in combinations(words, size):
            for has in product((True, False), repeat=size):
                rule = tuple(zip(some, has, strict=True))
                if any({*known} <= {*rule} for known in found):
                    continue
                if not any(all((word in each) is is_in for word, is_in in rule) for each in possible):
                    found.append(rule)
    return found


def _never(rule: _Rule) -> str:
    """Return the assertion that a field does not follow a rule."""
    return f"(?!{''.join(_follows(word, is_in) for word, is_in in rule)})"


def _follows(word: str, is_in: bool) -> str:
    return f"(?{'=' if is_in else '!'}[^=]*{'=' if word == _DEFAULT else f':{word}(?![a-z])'})"


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(word for word in words if word != _DEFAULT)})"
