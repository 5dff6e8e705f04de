"""Random arguments of `mkbackend add` and `change`, most of them valid."""

from random import Random

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.many import Many


def _listed(text: str) -> list[str]:
    return text.split()


NAMES = _listed("article author badge booking folder invoice page_visit reader room shift tag task venue")
LABELS = _listed(
    """
    amount at_time body code colour day done ends extra hits keys kind last live low mail mood name on_day opens parent
    places price query rank rate score session site slug starts status title total values visits when_open writer
    """
)
VALUES = _listed("new kept over cancelled in-print archived a o sent")
RIGHTS = [
    *("--auth user", "--auth public", "--auth owner", "--auth admin", "--auth catalogue", ""),
    *("--read owner+moderator --write owner", "--read public --write moderator", "--read user --write admin+moderator"),
    *("--read public --write owner", "--read public --write owner+moderator", "--read moderator --write moderator"),
]
PLAIN = _listed(
    "str str/1 str/80 str/200 str/600 text int bigint bigint:number float bool date datetime uuid email url json"
)
# A valid value of each type; others have none.
GIVEN = {
    **dict.fromkeys(("str", "text"), "x"),
    **dict.fromkeys(("int", "bigint", "float", "decimal"), "0"),
    "bool": "true",
    "date": "2026-01-01",
    "datetime": "2026-01-01T00:00:00+02:00",
    "email": "ada@example.com",
    "url": "https://example.com",
}
MODIFIERS = _listed("null unique index list readonly")
OF_REFS = _listed("null null unique cascade setnull nested readonly")
WIDER = {"int": "bigint", "str": "text", "str/80": "str/200", "str/200": "str/500", "decimal/10/2": "decimal/12/4"}


def field(random: Random, targets: list[str], label: str = "") -> str:
    """Return the word of a field; one of twenty may be invalid."""
    label = label or random.choice(LABELS)
    while True:
        word = f"{label}:{_type(random, targets)}"
        if random.random() < 0.05 or ((found := _parsed(word)) and not isinstance(found, Many)):
            return word
        if found:
            return f"{found.args[0]}s_{label}:{found.type}/{found.args[0]}" if random.random() < 0.2 else word


def new_field(random: Random, targets: list[str], label: str = "") -> str:
    """Return the word of a field that existing rows can get; one of twenty may be invalid."""
    while True:
        word = field(random, targets, label)
        found = _parsed(word)
        if found is None or random.random() < 0.05 or found.null or isinstance(found, Many):
            return word
        if found.given_default is not None:
            return word


def _parsed(word: str) -> FieldType | None:
    try:
        return parse_field(word)
    except BadInputError:
        return None


def _type(random: Random, targets: list[str]) -> str:
    """Return a type with modifiers and a default, which may not fit."""
    kind = random.choice(["plain"] * 6 + ["ref"] * 3 + ["enum"] * 2 + ["decimal", "many"])
    if kind == "many":
        return f"many/{random.choice(targets)}"
    if kind == "ref":
        modifiers = random.sample(OF_REFS, random.choice([0, 0, 1, 1, 2, 3]))
        return ":".join([f"ref/{random.choice([*targets, 'user'])}", *dict.fromkeys(modifiers)])
    type_ = random.choice(PLAIN)
    if kind == "enum":
        type_ = "/".join(["enum", *random.sample(VALUES, random.randint(2, 4))])
    if kind == "decimal":
        type_ = random.choice(["decimal/10/2", "decimal/2/2", "decimal/28/0", "decimal/5/1"])
    modifiers = random.sample(MODIFIERS, random.choice([0, 0, 0, 1, 1, 2]))
    word = ":".join([type_, *modifiers])
    return f"{word}={value_of(random, type_)}" if random.random() < 0.3 else word


def value_of(random: Random, type_: str) -> str:
    """Return a value of a type."""
    name, *args = type_.partition(":")[0].split("/")
    return random.choice(args) if name == "enum" else GIVEN.get(name, "x")


def options(random: Random, fields: list[FieldType], *, new: bool) -> list[str]:
    """Return constraints over fields and steps of a resource; a few are invalid."""
    words: list[str] = []
    labels = [each.label for each in fields if each.filterable]
    if len(labels) > 1 and random.random() < 0.4:
        words += ["--unique", "+".join(random.sample(labels, 2))]
    ordered = [each for each in fields if each.ranged]
    pairs = [(a, b) for a in ordered for b in ordered if a is not b and a.type == b.type]
    if new and pairs and random.random() < 0.5:
        start, end = random.choice(pairs)
        same = [label for label in labels if label not in (start.label, end.label)]
        words += ["--no-overlap", "+".join([*random.sample(same, min(len(same), random.randint(0, 1))), ""])]
        words[-1] += f"{start.label}..{end.label}"
    for each in fields:
        if isinstance(each, Enum) and each.readonly and random.random() < 0.7:
            words += ["--transition", ":".join(random.sample(each.args, 2))]
    return words


def resource(random: Random, names: list[str]) -> list[str]:
    """Return the arguments of `mkbackend add` for a new resource."""
    name = random.choice([each for each in NAMES if each not in names])
    targets = [*names, name] if random.random() < 0.1 else names or ["user"]
    labels = random.sample(LABELS, random.randint(2, 6))
    words = [f"{labels[0]}:{random.choice(['str/80', 'int', 'text', 'date'])}"]
    words += [field(random, targets, label) for label in labels[1:]]
    if random.random() < 0.3:
        words += [f"begins:{(ranged := random.choice(['datetime', 'date', 'int']))}", f"until:{ranged}:after/begins"]
    if random.random() < 0.2:
        words.append(f"above:ref/{name}:null{random.choice(['', ':cascade', ':setnull'])}")
    fields = [found for word in words if (found := _parsed(word))]
    rights = random.choice(RIGHTS)
    if "write owner" in rights and random.random() < 0.5:
        words.append("holder:ref/user:owner")
    kept = ["--no-soft-delete"] if random.random() < 0.2 else []
    return [name, *words, *rights.split(), *options(random, fields, new=True), *kept]


def more(random: Random, known: Resource, names: list[str]) -> list[str]:
    """Return the arguments of `mkbackend add` for new fields, constraints and steps of a resource."""
    taken = [each.label for each in known.fields]
    free = [label for label in LABELS if label not in taken] or LABELS
    words = [new_field(random, names, label) for label in random.sample(free, random.randint(1, 2))]
    if (dated := [each for each in known.columns if each.ranged]) and random.random() < 0.2:
        before = random.choice(dated)
        type_ = "/".join([before.type, *before.args])
        words.append(f"{random.choice(free)}:{type_}:null:after/{before.label}")
    fields = [*known.columns, *(found for word in words if (found := _parsed(word)))]
    return [known.name, *words, *options(random, fields, new=False)]


def change(random: Random, known: Resource) -> list[str]:
    """Return the arguments of `mkbackend change`."""
    if known.pending and random.random() < 0.5:
        return [known.name, "--contract"]
    field = random.choice(known.fields)
    kind = random.choice(["drop", "rename", "rename", "word", "word", "word", "word", "all"])
    if kind == "drop":
        return [known.name, "--drop", field.label]
    if kind == "rename":
        return [known.name, "--rename", f"{field.label}:{random.choice(LABELS)}"]
    words = [known.name, *_changed(random, field)]
    if kind == "all" and len(known.fields) > 2:
        other, third = random.sample([each for each in known.fields if each is not field], 2)
        words += ["--rename", f"{other.label}:{random.choice(LABELS)}", "--drop", third.label]
    return words


def _changed(random: Random, field: FieldType) -> list[str]:
    """Return the word of a field as it shall be, and perhaps the value in place of null."""
    if isinstance(field, Enum) and random.random() < 0.5:
        values = [value for value in VALUES if value not in field.args]
        return [f"{field.label}:enum/+{random.choice(values)}"]
    head, equals, default = field.word.partition("=")
    label, type_, *modifiers = head.split(":")
    modifiers = [word for word in modifiers if not word.startswith("column/")]
    wider = WIDER.get(type_)
    if wider and random.random() < 0.6:
        type_ = wider
    elif random.random() < 0.2:
        equals, default = ("", "") if equals else ("=", value_of(random, type_))
    else:
        modifiers = _toggled(modifiers, random.choice(OF_REFS if field.type == "ref" else MODIFIERS))
    word = ":".join([label, type_, *modifiers]) + equals + default
    if field.null and "null" not in modifiers:
        return [word, "--fill", value_of(random, type_)]
    return [word]


def _toggled(modifiers: list[str], one: str) -> list[str]:
    return [each for each in modifiers if each != one] if one in modifiers else [*modifiers, one]
