"""Verification of an update in its temporary work tree with the project's install, lint and tests."""

import shutil

from mkbackend.errors import BadInputError
from mkbackend.project.repository import Repository
from mkbackend.screen import Screen
from mkbackend.system.programs import output_of, report_line
from mkbackend.update import filters

_COMMANDS = ("install", "lint", "test")
_SHOWN = 40


def rehearse(repo: Repository, trial: Repository, screen: Screen) -> None:
    """Run `make install`, `make lint` and `make test`; raise BadInputError for the first that fails."""
    if shutil.which("make") is None:
        raise BadInputError("make is not on PATH, so the update cannot be verified.", hint="Install make.")
    trial.git("checkout-index", "--all", "--force", "--quiet")  # files above the project, which its tests may need
    filters.bring(repo, trial, filters.filtered(repo, trial.names("ls-files", "-z")))

    def report(line: str) -> None:
        screen.detail(line)
        report_line(line)

    for target in _COMMANDS:
        with screen.step(f"Verify: make {target}"):
            code, printed = output_of("make", target, cwd=trial.project, report=report)
            if code:
                screen.plain("\n".join(printed.splitlines()[-_SHOWN:]))
                raise BadInputError(
                    f"make {target} fails with the update. Nothing was changed.",
                    hint="mkbackend update without --verify stages it for you to fix.",
                )
