"""Jinja expressions of copier.yml, evaluated as Copier does."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from mkbackend.errors import MkbackendError


def evaluate(template: object, answers: Mapping[str, object]) -> Any:
    """Evaluate a Jinja expression of copier.yml; return any other value unchanged."""
    if not isinstance(template, str):
        return template
    try:
        return _jinja().from_string(template).render(answers)
    except Exception as error:  # expressions can raise anything: 1 / 0, an invalid regular expression
        raise MkbackendError(f"Cannot evaluate the template's copier.yml: {error}") from error


@cache
def _jinja() -> Any:
    """Return a Jinja environment like Copier's, with the filters that we use."""
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    environment.filters |= {"regex_search": _regex_search, "regex_replace": _regex_replace, "to_json": json.dumps}
    return environment


def _regex_search(value: str, pattern: str, ignorecase: bool = False, multiline: bool = False) -> str | None:
    """Return the first match of a pattern in a text, or None."""
    found = re.search(pattern, value, re.IGNORECASE * ignorecase | re.MULTILINE * multiline)
    return found[0] if found else None


def _regex_replace(value: str, pattern: str, replacement: str, ignorecase: bool = False) -> str:
    """Return a text with every match of a pattern replaced."""
    return re.sub(pattern, replacement, value, flags=re.IGNORECASE * ignorecase)
