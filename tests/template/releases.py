"""Projects of earlier releases."""

import shutil
import sys
from pathlib import Path

from .conftest import ROOT, run

SLICES = ("article title:str/200:unique body:text --auth owner", "venue name:str/80 opens_at:datetime seats:int")


def made_by(release: str, project: Path, checkout: Path) -> Path:
    """Create a project with two slices, with the mkbackend of that release."""
    wanted = ("log", "--reverse", "--format=%H", f'-Sversion = "{release}"', "--", "pyproject.toml")
    first = run("git", *wanted, cwd=ROOT).split()[0]
    run("git", "clone", "--quiet", "--no-checkout", ROOT, checkout, cwd=checkout.parent)
    run("git", "checkout", "--quiet", first, cwd=checkout)
    then = {"PYTHONPATH": str(checkout / "src")}
    mkbackend = (sys.executable, "-m", "mkbackend")
    run(*mkbackend, "new", project, "--yes", "--no-install", "--data=project_slug=shop", cwd=project.parent, **then)
    for line in SLICES:
        run(*mkbackend, "add", *line.split(), cwd=project, **then)
    shutil.rmtree(checkout)
    return project
