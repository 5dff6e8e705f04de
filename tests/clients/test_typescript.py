"""Tests of a client in TypeScript: its names and types, and calls of the running service with it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from load.service import Service
from template.conftest import run

from .conftest import OWN, PAGE, PATH, call, follow
from .outcomes import CALLS, outcomes

CONFIG = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "nodenext",
        "outDir": "js",
        "noEmitOnError": True,
        "types": [],
    },
    "include": ["*.ts", "client-ts"],
}


@pytest.fixture(scope="session")
def place(project: Path) -> Path:
    """Generate the client beside the project; return the directory, with the calls that the project offers."""
    follow(project, "npx")
    for name in CALLS[project.parent.name]:
        shutil.copy(OWN / f"{name}.ts", project.parent)
    (project.parent / "tsconfig.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    return project.parent


@pytest.fixture(scope="session")
def compiled(project: Path, place: Path) -> Path:
    """Check the client and the calls with `tsc --strict`, and compile them; return the directory."""
    compiler = re.findall(r"typescript@[\d.]+", (project / PAGE).read_text(encoding="utf-8"))
    run("npx", "--yes", "--package", compiler[0], "tsc", "--project", ".", cwd=place, PATH=PATH)
    return place / "js"


def test_each_operation_is_a_function_with_its_name(place: Path, operations: list[str]) -> None:
    made = re.findall(r"^export const (\w+) =", read(place, "sdk.gen.ts"), re.MULTILINE)
    camel = [re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in operations]
    assert sorted(made) == sorted(camel)


def test_schemas_are_types_with_their_names(place: Path, described: dict[str, Any]) -> None:
    made = set(re.findall(r"^export type (\w+) =", read(place, "types.gen.ts"), re.MULTILINE))
    assert set(described["components"]["schemas"]) <= made


def test_nothing_is_unknown(place: Path) -> None:
    assert re.findall(r".*\b(?:unknown|any)\b.*;", read(place, "types.gen.ts")) == []


def test_it_is_typed_and_calls_the_service(project: Path, compiled: Path, served: Service) -> None:
    names = CALLS[project.parent.name]
    found = {name: call(served, "node", f"{name}.js", cwd=compiled) for name in names}
    expected = outcomes("ts.example.com")
    assert found == {name: expected[name] for name in names}


def read(place: Path, name: str) -> str:
    """Return a file of the client."""
    return (place / "client-ts" / name).read_text(encoding="utf-8")
