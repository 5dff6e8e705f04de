"""The tests of mkbackend: `nox` before a merge, `nox -s full` before a release."""

import shutil
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "tests"]

# The generated projects are installed with uv where it is there.
TOOLS = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev")
# Two files at a time, the longest (tests/template) first: so there is one PostgreSQL, and one project at a time.
PYTEST = ("pytest", "-n2", "--dist=loadfile", "--no-loadscope-reorder", "--ignore=tests/image")
# A project gets an environment of its own: uv would fill that of the session.
OUTSIDE = {"VIRTUAL_ENV": None, "UV_PROJECT_ENVIRONMENT": None, "UV_PYTHON": None}


def _install(session: nox.Session) -> None:
    session.install("--editable", ".", *TOOLS)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the direction of imports of the generator (the template's are among the tests)."""
    _install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy", "src", "tests", "hatch_build.py", "noxfile.py")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Test everything once: a covering set of the options, the same input each time."""
    _install(session)
    session.run(*PYTEST, *session.posargs)


@nox.session
def full(session: nox.Session) -> None:
    """Test every value and every pair of the options, new input each time; then the images."""
    _install(session)
    session.run(*PYTEST, *session.posargs, env={"MKBACKEND_TESTS": "full"})
    session.notify("contract", ["examples=100"])
    session.notify("dist")
    session.notify("image")


@nox.session
def matrix(session: nox.Session) -> None:
    """Run the generated projects on each Python that is here; the others are named."""
    _install(session)
    session.run(*PYTEST, "tests/template/test_runs.py", "-k", "passes or migrations or python", *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Make the default project and try its API against its own description; `examples=100` tries more."""
    _install(session)
    with tempfile.TemporaryDirectory(prefix="mkbackend-contract-") as directory, session.chdir(directory):
        session.run("mkbackend", "new", "project", "--yes", "--no-install")
        session.run("make", "-C", "project", "contract", *session.posargs, external=True, env=OUTSIDE)


@nox.session
def image(session: nox.Session) -> None:
    """Build and start the generated project's image. Without a Docker engine this fails."""
    _install(session)
    session.run("pytest", "tests/image", *session.posargs)


@nox.session
def dist(session: nox.Session) -> None:
    """Build the packages, install the wheel, and make a project with it."""
    made = Path(session.create_tmp())
    shutil.rmtree(made / "dist", ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(made / "dist"))
    (wheel,) = (made / "dist").glob("*.whl")
    session.install(str(wheel))
    shutil.rmtree(made / "demo", ignore_errors=True)
    with session.chdir(made):
        session.run("mkbackend", "new", "demo", "--yes", "--no-install", env={"HOME": str(made)})
    if not (made / "demo" / "app" / "main.py").exists():
        session.error("The wheel made no project.")
