"""Declared errors, in the configuration of `make contract`."""

import tomllib
from typing import Any

from fastapi import FastAPI

from app.api.openapi import PROBLEMS
from scripts.contract_errors import EXPECTED, declared_errors, expect_errors

SHOP = "/api/v1/shop"
CONFIG = """
generation.max-examples = 25
# Each of [[operations]] says why.
[[operations]]
include-name-regex = "^POST .*/shop$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "409"]
[[operations]]
include-path = "/api/v1/other"
[operations.checks.not_a_server_error]
expected-statuses = ["2xx", "500"]
"""


def paths_of(*methods: str) -> dict[str, Any]:
    """Return a description with a 422 and a 503 of each method, and ranges of both."""
    app = FastAPI()
    errors: dict[int | str, dict[str, Any]] = {
        422: {"description": "The shop is closed"},
        503: {"description": "The bank does not respond"},
    }
    for method in methods:
        app.add_api_route(SHOP, lambda: None, methods=[method], responses=errors)
    app.add_api_route("/plain", lambda: None)
    paths: dict[str, Any] = app.openapi()["paths"]
    for path in paths.values():
        for operation in path.values():
            operation["responses"] |= {status: {} for status in PROBLEMS}
    return paths


def expected_of(config: str, number: int = 0) -> dict[str, list[str]]:
    """Return the expected statuses of a table, by check."""
    checks = tomllib.loads(config)["operations"][number]["checks"]
    return {check: found["expected-statuses"] for check, found in checks.items()}


def test_a_route_declares_statuses_and_no_ranges() -> None:
    paths = paths_of("GET")
    assert declared_errors(paths[SHOP]["get"]) == {422, 503}
    assert declared_errors(paths["/plain"]["get"]) == set()


def test_valid_data_may_get_a_declared_error() -> None:
    config = expect_errors("generation.max-examples = 25\n", paths_of("GET"))
    table = tomllib.loads(config)["operations"]
    assert [each["include-name"] for each in table] == [f"GET {SHOP}"]
    assert expected_of(config) == {
        check: [*usual, "422", "503"] for check, usual in EXPECTED.items()
    }


def test_statuses_of_a_configuration_stay_expected() -> None:
    """The added table comes first, which decides; tables of other operations follow."""
    config = expect_errors(CONFIG, paths_of("POST"))
    assert expected_of(config) == {
        "positive_data_acceptance": ["2xx", "409", "422", "503"],
        # Other filters than names are not read.
        "not_a_server_error": ["2xx", "500", "422", "503"],
    }
    assert (
        tomllib.loads(config)["operations"][1:] == tomllib.loads(CONFIG)["operations"]
    )
    assert expected_of(expect_errors(CONFIG, paths_of("GET")))[
        "positive_data_acceptance"
    ] == [*EXPECTED["positive_data_acceptance"], "422", "503"]


def test_without_declared_errors_a_configuration_stays() -> None:
    assert expect_errors(CONFIG, {"/plain": paths_of()["/plain"]}) == CONFIG
