"""Survey of a project's models, tables, routes and migrations, by parsing without running its code."""

import ast
import re
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.project import migrations
from mkbackend.project.answers import ANSWERS
from mkbackend.project.paths import resolved
from mkbackend.slices import record
from mkbackend.slices.disk import Changes
from mkbackend.slices.record import Record
from mkbackend.slices.types.field import Target

# Files that a slice needs, which older templates lack.
TYPES = "app/domain/schemas/types.py"
NEEDED = (TYPES, "app/domain/roles.py", "tests/slices/__init__.py", "tests/fakes/base.py")
# Needed by new slices only: slices of earlier editions can be extended without it.
NEEDED_FOR_NEW = "app/repository/filters.py"
# Needed by new and extended slices: it defines names that every file uses.
NEEDED_TO_ADD = "app/container.py"
MODELS = "app/domain/models"
_ROLES = "app/domain/roles.py"
BASE = "app/domain/models/base.py"
_KEY = re.compile(r"ForeignKey\(\s*\"(\w+)\.\w+\"")
_PREFIX = re.compile(r"(?:API|Slice)Router\(\s*prefix=\"([^\"]+)\"")


@dataclass(frozen=True)
class Survey:
    """The existing code of a project.

    Attributes:
        project: its directory.
        models: the models, by the name that a ref uses.
        tables: the tables, each with its file.
        leads: the tables to which each table refers.
        routes: the first segments of the routes, each with its file.
        records: what `add` wrote.
        roles: the names of the roles, in lower case.
        planned: changes that are not written yet; everything else describes the project after them.
    """

    project: Path
    models: dict[str, Target]
    tables: dict[str, str]
    leads: dict[str, set[str]]
    routes: dict[str, str]
    records: list[Record]
    roles: set[str]
    planned: Changes = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Return whether a file or folder exists, or will exist."""
        return self.planned[path] is not None if path in self.planned else (self.project / path).exists()

    def free(self, path: str) -> str:
        """Return the path of a new file, with a number if its name is taken."""
        stem, dot, suffix = path.rpartition(".")
        names = (f"{stem}_{number}{dot}{suffix}" for number in count(2))
        return next(name for name in names if not self.has(name)) if self.has(path) else path

    def reaches(self, start: str, table: str) -> bool:
        """Return whether references lead from one table to another."""
        seen, rest = set[str](), {start}
        while rest:
            seen |= rest
            rest = {end for one in rest for end in self.leads.get(one, ())} - seen
        return table in seen

    def revisions(self) -> list[migrations.Migration]:
        """Return all migrations, including planned ones."""
        gone = {self.project / path for path, text in self.planned.items() if text is None}
        texts = [text for path, text in self.planned.items() if text and path.startswith(migrations.VERSIONS)]
        return migrations.read(self.project, without=gone) + migrations.parsed(text.encode() for text in texts)

    def head(self) -> str:
        """Return the parent of a new migration; raise BadInputError unless there is exactly one head."""
        heads = migrations.heads(self.revisions())
        if len(heads) == 1:
            return heads[0]
        if heads:
            listed = " and ".join(heads)
            raise BadInputError(
                f"The migrations have {len(heads)} heads: {listed}.",
                f"{migrations.merge_command(self.project)}, then retry.",
            )
        raise BadInputError(f"No migrations found in {migrations.VERSIONS}.", "Restore it from git.")


def survey(path: Path) -> Survey:
    """Survey a project; raise BadInputError if it is not a project, or too old for slices."""
    project = resolved(path)
    if not (project / ANSWERS).is_file():
        above = next((folder for folder in project.parents if (folder / ANSWERS).is_file()), None)
        hint = (
            f"The project is {above}: change to it, or use --project." if above else "mkbackend new creates a project."
        )
        raise BadInputError(f"{project} has no {ANSWERS}, so it is not a mkbackend project.", hint)
    return survey_of(project, record.read_all(project))


def survey_of(project: Path, records: list[Record]) -> Survey:
    """Survey a project that has these records; raise BadInputError if it is too old for slices."""
    if missing := [name for name in NEEDED if not (project / name).is_file()]:
        raise BadInputError(
            f"This project's older template lacks {missing[0]}, which a slice needs.",
            "Run mkbackend update, then retry.",
        )
    models, tables = _models(project)
    leads = {table: _led_to(project / path) for table, path in tables.items()}
    for known in (each.resource for each in records):
        if known.name in models:
            models[known.name] = replace(
                models[known.name],
                owner=known.owner,
                private=known.rights.private,
                added=True,
                read=known.rights.read,
            )
    return Survey(project, models, tables, leads, _routes(project), records, _roles(project))


def _models(project: Path) -> tuple[dict[str, Target], dict[str, str]]:
    """Return the possible targets of refs, and every table with its file."""
    models, tables = {}, {}
    for path in _files(project / MODELS, "*.py"):
        for node in _parsed(path).body:
            if name := _linking(node):
                tables[name] = f"{MODELS}/{path.name}"
            if isinstance(node, ast.ClassDef) and (table := _table(node)):
                tables[table] = f"{MODELS}/{path.name}"
                if "BaseModel" in [base.id for base in node.bases if isinstance(base, ast.Name)]:
                    owner = "owner_id" if _has_owner(node) else ""
                    models[path.stem] = Target(path.stem, node.name, table, owner, private=bool(owner))
    return models, tables


def _linking(node: ast.stmt) -> str:
    """Return the name of a table without a model, such as `booking_tags = Table("booking_tags", ...)`; else empty."""
    match node:
        case ast.Assign(value=ast.Call(func=ast.Name(id="Table"), args=[ast.Constant(value=str(name)), *_])):
            return name
    return ""


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the regular files: reading a pipe or device may never end."""
    return [path for path in sorted(folder.glob(pattern)) if path.is_file()]


def _has_owner(model: ast.ClassDef) -> bool:
    """Return whether a model has an owner."""
    fields = [node.target for node in model.body if isinstance(node, ast.AnnAssign)]
    return "owner_id" in [field.id for field in fields if isinstance(field, ast.Name)]


def _led_to(path: Path) -> set[str]:
    """Return the tables that a model refers to."""
    return set(_KEY.findall(path.read_text(encoding="utf-8", errors="replace")))


def _table(model: ast.ClassDef) -> str:
    """Return the table of a model; empty if it has none."""
    for node in model.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(name))):
                return name
    return ""


def _routes(project: Path) -> dict[str, str]:
    """Return the first segment of every route, with its file."""
    found = {}
    for path in _files(project / "app/api/v1", "*_router.py"):
        for prefix in _PREFIX.findall(path.read_text(encoding="utf-8", errors="replace")):
            found["/" + prefix.strip("/").partition("/")[0]] = f"app/api/v1/{path.name}"
    return found


def _roles(project: Path) -> set[str]:
    """Return the names of the roles, in lower case."""
    found = [node for node in _parsed(project / _ROLES).body if isinstance(node, ast.ClassDef) and node.name == "Role"]
    names = [target for node in found for line in node.body if isinstance(line, ast.Assign) for target in line.targets]
    return {name.id.lower() for name in names if isinstance(name, ast.Name)}


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise BadInputError(f"Cannot read {path}: {error}.", "Fix it, then retry.") from error
