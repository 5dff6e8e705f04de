"""A project as `add` finds it: its models and tables, its routes, its migrations. Read, never run."""

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path

from mkbackend import migrations
from mkbackend.errors import BadInputError
from mkbackend.recorded import ANSWERS
from mkbackend.slices import record
from mkbackend.slices.record import Record
from mkbackend.slices.view import Target

# What a slice stands on, which projects of older templates have not.
NEEDED = ("app/domain/schemas/types.py", "tests/slices/__init__.py", "tests/fakes/base.py")
# What new slices stand on beside that: those of earlier editions get more fields without it.
NEEDED_FOR_NEW = "app/repository/filters.py"
# Where the names stand that every file is written with: more fields are no way round it.
NEEDED_TO_ADD = "app/container.py"
_MODELS = "app/domain/models"
_KEY = re.compile(r"ForeignKey\(\s*\"(\w+)\.\w+\"")
_PREFIX = re.compile(r"(?:API|Slice)Router\(\s*prefix=\"([^\"]+)\"")


@dataclass(frozen=True)
class Survey:
    """What is there already; `models` by the name that a ref would have."""

    project: Path
    models: dict[str, Target]
    tables: dict[str, str]
    leads: dict[str, set[str]]
    routes: dict[str, str]
    records: list[Record]

    def reaches(self, start: str, table: str) -> bool:
        """Whether references lead from one table to another."""
        seen, rest = set[str](), {start}
        while rest:
            seen |= rest
            rest = {end for one in rest for end in self.leads.get(one, ())} - seen
        return table in seen

    def head(self) -> str:
        """Return the revision that a new migration follows; BadInputError where there is not one."""
        heads = migrations.heads(migrations.read(self.project))
        if len(heads) == 1:
            return heads[0]
        if heads:
            listed = " and ".join(heads)
            raise BadInputError(
                f"The migrations have {len(heads)} heads: {listed}.",
                f"{migrations.merge_command(self.project)}, then again.",
            )
        raise BadInputError(f"There is no migration in {migrations.VERSIONS}.", "Restore it from git.")


def survey(path: Path) -> Survey:
    """Look at a project; BadInputError where it is none, or one that is too old for slices."""
    project = path.resolve()
    if not (project / ANSWERS).is_file():
        above = next((folder for folder in project.parents if (folder / ANSWERS).is_file()), None)
        hint = f"The project is {above}: go there, or give --project." if above else "mkbackend new makes a project."
        raise BadInputError(f"{project} has no {ANSWERS}, so it is no project of mkbackend's.", hint)
    if missing := [name for name in NEEDED if not (project / name).is_file()]:
        raise BadInputError(
            f"This project is of an older template: it has no {missing[0]}, which a slice needs.",
            "mkbackend update, then again.",
        )
    models, tables = _models(project)
    leads = {table: _led_to(project / path) for table, path in tables.items()}
    records = record.read_all(project)
    for known in (each.resource for each in records):
        if known.name in models:
            models[known.name] = replace(models[known.name], private=known.auth == "owner")
    return Survey(project, models, tables, leads, _routes(project), records)


def _models(project: Path) -> tuple[dict[str, Target], dict[str, str]]:
    """Return what can be referred to, and every table with the file that has it."""
    models, tables = {}, {}
    for path in _files(project / _MODELS, "*.py"):
        for node in _parsed(path).body:
            if isinstance(node, ast.ClassDef) and (table := _table(node)):
                tables[table] = f"{_MODELS}/{path.name}"
                if "BaseModel" in [base.id for base in node.bases if isinstance(base, ast.Name)]:
                    owned = _has_owner(node)
                    models[path.stem] = Target(path.stem, node.name, table, owned, private=owned)
    return models, tables


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return what can be read: a pipe or a device never ends."""
    return [path for path in sorted(folder.glob(pattern)) if path.is_file()]


def _has_owner(model: ast.ClassDef) -> bool:
    """Whether each row belongs to a user."""
    fields = [node.target for node in model.body if isinstance(node, ast.AnnAssign)]
    return "owner_id" in [field.id for field in fields if isinstance(field, ast.Name)]


def _led_to(path: Path) -> set[str]:
    """Return the tables that a model refers to."""
    return set(_KEY.findall(path.read_text(encoding="utf-8", errors="replace")))


def _table(model: ast.ClassDef) -> str:
    """Return the table of a model; empty where it has none."""
    for node in model.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(name))):
                return name
    return ""


def _routes(project: Path) -> dict[str, str]:
    """Return the first part of every path, with the file that has it."""
    found = {}
    for path in _files(project / "app/api/v1", "*_router.py"):
        for prefix in _PREFIX.findall(path.read_text(encoding="utf-8", errors="replace")):
            found["/" + prefix.strip("/").partition("/")[0]] = f"app/api/v1/{path.name}"
    return found


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read: {error}.", "Mend it, then again.") from error
