"""Changes of JSON schemas that break a client.

A request breaks where the new schema refuses what the old one accepts. A response
breaks where the new schema has what the old one excludes: the same question, the other
way round. A component is named once, however many routes use it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
# Their values cannot be compared: any other one may exclude something.
EXACT = ("format", "multipleOf", "uniqueItems")
# These are too long to be shown.
LONG = ("pattern", "not", "propertyNames")
# They say nothing of the values.
NOTES = {"title", "description", "default", "deprecated", "example", "examples"}
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


class Branch(NamedTuple):
    """One of the alternatives of a schema, with its name if it has one."""

    name: str | None
    schema: Schema

    @property
    def type(self) -> str | None:
        """The type in JSON; None if the schema accepts several."""
        if values := _enum(self.schema):
            return JSON_TYPES.get(type(values[0]), "null")
        kind: str | None = self.schema.get("type")
        return kind or ("object" if "properties" in self.schema else None)


class SchemaComparison:
    """The schemas of requests, or those of responses, in two descriptions of an API."""

    def __init__(self, old: Schema, new: Schema, *, responses: bool) -> None:
        self._responses = responses
        self._verb = "may be" if responses else "no longer accepts"
        self._old, self._new = old, new
        self._seen: set[tuple[str, str]] = set()

    def changes(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        """Yield the changes at a place that break a client."""
        schemas = _branches(old, self._old), _branches(new, self._new)
        allowed, given = schemas if self._responses else reversed(schemas)
        names = {branch.name for branch in given if branch.name}
        others = [branch for branch in allowed if branch.name not in names]
        for branch in given:
            same = [each for each in allowed if each.name and each.name == branch.name]
            yield from self._best(place, branch, same or others)

    def _best(self, place: str, one: Branch, allowed: list[Branch]) -> Iterator[str]:
        """Compare a branch with the closest of those that are allowed."""
        close = [other for other in allowed if other.type == one.type]
        if one.type == "integer":
            close = close or [other for other in allowed if other.type == "number"]
        close = close or [other for other in allowed if not other.schema]
        if not close:
            yield f"{place}: {self._verb} {one.name or one.type or 'any type'}"
            return
        tries, seen = [], self._seen
        for other in close:
            self._seen = seen.copy()
            tries.append(([*self._compare(place, one, other)], self._seen))
        found, self._seen = min(tries, key=lambda pair: len(pair[0]))
        yield from found

    def _compare(self, place: str, given: Branch, allowed: Branch) -> Iterator[str]:
        """Yield why not all that is given is allowed."""
        if given.name and allowed.name:
            if (given.name, allowed.name) in self._seen:
                return
            self._seen.add((given.name, allowed.name))
            place = f"{'response' if self._responses else 'request'} {allowed.name}"
        one, other = given.schema, allowed.schema
        yield from (f"{place}: {text}" for text in self._limits(one, other))
        yield from self._values(place, _enum(one), _enum(other))
        if "items" in other:
            old, new = self._in_time(one.get("items", {}), other["items"])
            yield from self.changes(f"{place}[]", old, new)
        items = zip(
            one.get("prefixItems", ()), other.get("prefixItems", ()), strict=False
        )
        for number, pair in enumerate(items):
            yield from self.changes(f"{place}[{number}]", *self._in_time(*pair))
        yield from self._fields(place, *self._in_time(one, other))

    def _in_time[T](self, given: T, allowed: T) -> tuple[T, T]:
        """Return the old one, then the new one."""
        return (allowed, given) if self._responses else (given, allowed)

    def _limits(self, given: Schema, allowed: Schema) -> Iterator[str]:
        """Yield the limits that exclude some of what is given."""
        for key in (*LEAST, *MOST, *EXACT, *LONG):
            one, other = given.get(key), allowed.get(key)
            if other is None or one == other or _is_within(key, one, other):
                continue
            old, new = self._in_time(_word(one), _word(other))
            yield f"{key} changed" if key in LONG else f"{key} {new}, was {old}"

    def _values(
        self, place: str, given: list[Any], allowed: list[Any]
    ) -> Iterator[str]:
        """Yield the changes of an enum or constant."""
        if allowed and not given:
            yield f"{place}: {self._verb} values other than {_word(allowed)}"
        for value in given:
            if allowed and value not in allowed:
                yield f"{place}: {self._verb} {_word(value)}"
        if self._responses and given:
            # Generated clients name each value.
            for value in allowed:
                if value not in given:
                    yield f"{place}: {_word(value)} removed"

    def _fields(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        """Yield the changes of an object."""
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in was:
            if name in now:
                yield from self.changes(f"{place}.{name}", was[name], now[name])
            else:
                yield f"{place}.{name}: removed"
        needed, always = ({*each.get("required", ())} for each in (new, old))
        rest, others = (each.get("additionalProperties") for each in (old, new))
        if self._responses:
            missing = (always - needed) & now.keys()
            yield from (f"{place}.{name}: may be missing" for name in missing)
        else:
            yield from (f"{place}.{name}: required" for name in needed - always)
            if others is False and rest is not False:
                yield f"{place}: no longer accepts other fields"
        if isinstance(rest, dict) and isinstance(others, dict):
            yield from self.changes(f"{place}.*", rest, others)


def _resolve(schema: Schema, description: Schema) -> tuple[str | None, Schema]:
    """Return the name of a component that a schema refers to, and its schema."""
    name = None
    while reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        component = description["components"]["schemas"][name]
        schema = {**{k: schema[k] for k in schema if k != "$ref"}, **component}
    return name, schema


def _branches(schema: Schema, description: Schema) -> list[Branch]:
    """Return the alternatives of a schema, without what says nothing of values."""
    name, schema = _resolve(schema, description)
    rest = {key: schema[key] for key in schema.keys() - NOTES}
    for part in rest.pop("allOf", ()):
        for branch in _branches(part, description):
            name, rest = name or branch.name, _both(rest, branch.schema)
    options = [*rest.pop("anyOf", ()), *rest.pop("oneOf", ())]
    if options:
        found = [each for option in options for each in _branches(option, description)]
        return [Branch(each.name, _both(rest, each.schema)) for each in found]
    if isinstance(types := rest.get("type"), list):
        return [Branch(name, {**rest, "type": each}) for each in types]
    return [Branch(name, rest)]


def _both(one: Schema, other: Schema) -> dict[str, Any]:
    """Return the schema of what two schemas accept."""
    both = {**one, **other}
    if "properties" in both:
        both["properties"] = {
            **one.get("properties", {}),
            **other.get("properties", {}),
        }
    if "required" in both:
        both["required"] = [*one.get("required", ()), *other.get("required", ())]
    return both


def _enum(schema: Schema) -> list[Any]:
    """Return the values of an enum or constant; none if others are accepted, too."""
    return [schema["const"]] if "const" in schema else [*schema.get("enum", ())]


def _is_within(key: str, one: Any, other: Any) -> bool:
    """Return whether a limit excludes at least what another one excludes."""
    if one is None:
        return False
    return (key in LEAST and one >= other) or (key in MOST and one <= other)


def _word(value: Any) -> str:
    # FastAPI writes most limits as 9.0.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "none" if value is None else str(value)
