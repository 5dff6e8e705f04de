"""Changes of the operations of an API that break a client."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.api_schemas import Schema, SchemaComparison

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PARAMETER = re.compile(r"{([^}]*)}")
Operation = Mapping[str, Any]


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Return the changes between two descriptions that break a client, sorted."""
    return sorted({*_Comparison(old, new).changes()})


class _Comparison:
    """Two descriptions of an API."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._requests = SchemaComparison(old, new, responses=False)
        self._responses = SchemaComparison(old, new, responses=True)

    def changes(self) -> Iterator[str]:
        """Yield the changes of all operations."""
        paths, later = self._old["paths"], self._new["paths"]
        # Names of parameters make no difference to a URL.
        same = {PARAMETER.sub("{}", path): path for path in later}
        for path, item in paths.items():
            then = same.get(PARAMETER.sub("{}", path), path)
            for method in (each for each in METHODS if each in item):
                place, old = f"{method.upper()} {path}", item[method]
                if new := later.get(then, {}).get(method):
                    yield from self._of_operation(place, old, new)
                    was, now = _parameters(path, old), _parameters(then, new)
                    yield from self._of_parameters(place, was, now)
                else:
                    yield f"{place}: removed"

    def _of_operation(
        self, place: str, old: Operation, new: Operation
    ) -> Iterator[str]:
        # Generated clients name their functions after it.
        was, now = old.get("operationId"), new.get("operationId")
        if was and was != now:
            yield f"{place}: operation id {now}, was {was}"
        offered = _logins(new, self._new)
        for login in _logins(old, self._old):
            if not any(needed <= login for needed in offered):
                words = " or ".join(sorted(" and ".join(sorted(n)) for n in offered))
                yield f"{place}: requires {words}"
        yield from self._of_body(place, old, new)
        yield from self._of_responses(place, old["responses"], new["responses"])

    def _of_parameters(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        for key in {**old, **new}:
            one, other = old.get(key), new.get(key)
            parameter = one or other or {}
            words = f"{place}: {parameter['in']} {parameter['name']}"
            if other is None:
                yield f"{words} removed"
            elif other.get("required") and not (one and one.get("required")):
                yield f"{words} required"
            if one and other:
                schemas = (each.get("schema", {}) for each in (one, other))
                yield from self._requests.changes(words, *map(_sent, schemas))

    def _of_body(self, place: str, old: Operation, new: Operation) -> Iterator[str]:
        was, now = old.get("requestBody"), new.get("requestBody")
        if was and not now:
            yield f"{place}: body removed"
        if now and now.get("required") and not (was and was.get("required")):
            yield f"{place}: body required"
        if was and now:
            yield from _media(place, self._requests, was, now)

    def _of_responses(self, place: str, old: Schema, new: Schema) -> Iterator[str]:
        for status, was in old.items():
            words = f"{place}: {status}"
            if status in new:
                yield from _media(words, self._responses, was, new[status])
                headers = was.get("headers", {}).keys() - new[status].get("headers", {})
                yield from (f"{words} header {name} removed" for name in headers)
            elif status[0] in "23":
                yield f"{words} removed"


def _parameters(path: str, operation: Operation) -> dict[str, Any]:
    """Return the parameters by place and name; those of the path by their position."""
    names = PARAMETER.findall(path)
    return {
        f"path {names.index(each['name'])}"
        if each["in"] == "path"
        else f"{each['in']} {each['name']}": each
        for each in operation.get("parameters", ())
    }


def _sent(schema: Schema) -> Schema:
    """Return the schema of a parameter without null, which no client can send."""
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return {**schema, "anyOf": options} if options else schema


def _media(
    place: str, comparison: SchemaComparison, old: Schema, new: Schema
) -> Iterator[str]:
    """Yield the changes of the content of a body, by media type."""
    was, now = old.get("content", {}), new.get("content", {})
    for kind in was:
        if kind not in now:
            yield f"{place} {kind} removed"
        else:
            schemas = (each[kind].get("schema", {}) for each in (was, now))
            yield from comparison.changes(f"{place} {kind}", *schemas)


def _logins(operation: Operation, description: Schema) -> list[set[str]]:
    """Return the ways to sign in, as schemes with their scopes; {} is without."""
    found = operation.get("security", description.get("security")) or [{}]
    return [{*way} | {f"{n} {scope}" for n in way for scope in way[n]} for way in found]
