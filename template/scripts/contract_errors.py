"""Errors that routes declare with `responses=`, such as a 422 of a rule, or a 503.

Valid data may get them: Schemathesis accepts them besides what schemathesis.toml names.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from itertools import chain
from string import Template
from typing import Any

# Schemathesis' own lists; a configuration replaces them.
EXPECTED = {
    "positive_data_acceptance": [
        "2xx",
        "3xx",
        "401",
        "403",
        "404",
        "409",
        "429",
        "5xx",
    ],
    "not_a_server_error": ["2xx", "3xx", "4xx"],
}
OPERATIONS = re.compile(r"^\[\[operations", re.MULTILINE)
TABLE = Template("""\
[[operations]]
include-name = $name
[operations.checks.positive_data_acceptance]
expected-statuses = $positive_data_acceptance
[operations.checks.not_a_server_error]
expected-statuses = $not_a_server_error
""")


def declared_errors(operation: Mapping[str, Any]) -> set[int]:
    """Return the errors that a route declares; ranges, such as 4XX, are of all."""
    return {int(s) for s in operation["responses"] if re.fullmatch(r"[45]\d\d", s)}


def expect_errors(config: str, paths: Mapping[str, Any]) -> str:
    """Add the declared errors of operations to a Schemathesis configuration."""
    known = tomllib.loads(config)
    tables = ""
    for path, methods in paths.items():
        for method, operation in methods.items():
            if errors := sorted(declared_errors(operation)):
                tables += _table(f"{method.upper()} {path}", errors, known)
    # Of several tables that are of an operation, the first decides.
    first = OPERATIONS.search(config)
    at = first.start() if first else len(config)
    return config[:at] + tables + config[at:]


def _table(name: str, errors: list[int], known: Mapping[str, Any]) -> str:
    statuses = {
        check: json.dumps([*_expected(check, name, known), *map(str, errors)])
        for check in EXPECTED
    }
    return TABLE.substitute(statuses, name=json.dumps(name))


def _expected(check: str, name: str, known: Mapping[str, Any]) -> list[str]:
    """Return the statuses that a configuration expects of an operation."""
    default = known.get("checks", {}).get(check, {})
    found = [
        table.get("checks", {}).get(check, {}).get("expected-statuses", [])
        for table in known.get("operations", [])
        if _concerns(table, name)
    ]
    statuses = [*chain.from_iterable(found)]
    return statuses or [*default.get("expected-statuses", EXPECTED[check])]


def _concerns(table: Mapping[str, Any], name: str) -> bool:
    """Return whether a table may be of an operation: other filters are not read."""
    if "include-name-regex" in table:
        return re.search(table["include-name-regex"], name) is not None
    return table.get("include-name", name) in (name, [name])
