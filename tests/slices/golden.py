"""Golden slices: a slice for each access rule, as `mkbackend add` writes it. `nox -s golden` writes them again."""

import shutil
import tempfile
from pathlib import Path

from mkbackend.slices.rendering.render import formatted, render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.rights import AUTHS
from mkbackend.slices.sql import migration
from mkbackend.slices.types.field import Target

ROOT = Path(__file__).parents[2]
EXPECTED = Path(__file__).with_name("expected")
FIELDS = (
    "title:str/200 slug:str/80:unique body:text:null price:decimal/10/2 status:enum/draft/published=draft "
    "views:bigint=0 contact:email homepage:url:null published_at:datetime:null tags:str/40:list writer:ref/user:cascade"
)
TARGETS = {"user": Target("user", "User", "users")}


def golden() -> dict[str, str]:
    """Return the text of each file, by its path below `expected`."""
    with tempfile.TemporaryDirectory(prefix="mkbackend-tests-") as directory:
        config = Path(directory)
        text = (ROOT / "template/pyproject.toml.jinja").read_text(encoding="utf-8")
        settings = text[text.index("[tool.ruff]") : text.index("[tool.mypy]")]
        (config / "pyproject.toml").write_text(settings, encoding="utf-8")
        return {f"{auth}/{path}": text for auth in AUTHS for path, text in formatted(_slice(auth), config).items()}


def _slice(auth: str) -> dict[str, str]:
    """Return a slice before formatting; the names and ids of migrations, which differ each time, are replaced."""
    seen = view(parse(Description("article", tuple(FIELDS.split()), auth=auth)), TARGETS)
    _, text = migration.create_table(seen, "HEAD")
    steps = text[text.index("import sqlalchemy") : text.index("revision:")] + text[text.index("def upgrade") :]
    return render(seen) | {"alembic/versions/add_articles.py": f'"""add articles"""\n\n{steps}'}


def write() -> None:
    """Replace the expected files."""
    shutil.rmtree(EXPECTED, ignore_errors=True)
    for path, text in golden().items():
        (EXPECTED / path).parent.mkdir(parents=True, exist_ok=True)
        (EXPECTED / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
