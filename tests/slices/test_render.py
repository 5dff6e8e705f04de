"""Tests that generated files pass the project's own lint with names of any length."""

import subprocess
from pathlib import Path

import pytest

from mkbackend.project.formatter import find_ruff
from mkbackend.slices.names import class_of
from mkbackend.slices.rendering.render import formatted, render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.rights import AUTHS
from mkbackend.slices.sql import migration
from mkbackend.slices.types.field import Target

ROOT = Path(__file__).parents[2]
WORDS = """
{0}_a:str/80:unique {0}_b:text:null {0}_c:int=0 {0}_d:bigint:unique {0}_e:float {0}_f:decimal/3/1=1.5 {0}_g:bool=true
{0}_h:date:unique {0}_k:json {0}_l:enum/on/off-x=off-x {0}_i:datetime=2026-01-01T00:00:00Z {0}_o:str:list
{0}_j:uuid:index:null {0}_m:ref/user:null up:ref/{1}:null {0}_n:ref/user:cascade {0}_p:decimal/2/1:list {0}_q:str/2:null
{0}_r:decimal/5/2:null {0}_s:datetime:null {0}_t:bigint:list:null {0}_u:bigint:number=5
{0}_v:email:unique {0}_w:url=https://example.com {0}_x:url:list:null {0}_y:email=ada@example.com
token:str/80:unique result:enum/pass/fail
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with the ruff settings of the template."""
    project = tmp_path_factory.mktemp("config")
    text = (ROOT / "template/pyproject.toml.jinja").read_text(encoding="utf-8")
    settings = text[text.index("[tool.ruff]") : text.index("[tool.mypy]")]
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    return project


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("soft_delete", [True, False])
@pytest.mark.parametrize(("name", "stem"), [("a" * 30, "b" * 13), ("x", "b" * 28), ("x_y", "z")])
def test_files_with_long_names_pass_lint(config: Path, name: str, stem: str, auth: str, soft_delete: bool) -> None:
    resource = parse(
        Description(name, tuple(WORDS.format(stem, name).split()), "c" * len(name), auth, soft_delete=soft_delete)
    )
    targets = {
        "user": Target("user", "User", "users"),
        name: Target(name, class_of(name), "xs", "owner_id" * (auth == "owner")),
    }
    seen = view(resource, targets)
    path, text = migration.create_table(seen, "b8e4f03a6d17")
    files = formatted(render(seen) | {path: text}, config)
    for path, text in files.items():
        (config / path).parent.mkdir(parents=True, exist_ok=True)
        (config / path).write_text(text, encoding="utf-8")
    command = (str(find_ruff(config)), "check", "--no-cache", "--quiet", "--output-format=concise", *files)
    done = subprocess.run(command, cwd=config, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
