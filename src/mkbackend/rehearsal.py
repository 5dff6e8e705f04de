"""Try an update in its throwaway work tree: install, check and test it as the project does."""

import shutil

from mkbackend import filters
from mkbackend.errors import BadInputError
from mkbackend.repository import Repository
from mkbackend.screen import Screen
from mkbackend.system import said

_COMMANDS = ("install", "lint", "test")
_SHOWN = 40


def rehearse(repo: Repository, trial: Repository, screen: Screen) -> None:
    """Run `make install`, `make lint` and `make test`; BadInputError for the first that fails."""
    if shutil.which("make") is None:
        raise BadInputError("make is missing, so the update cannot be rehearsed.", hint="Install make.")
    trial.git("checkout-index", "--all", "--force", "--quiet")  # the project's neighbours, which its tests may want
    filters.bring(repo, trial, filters.filtered(repo, trial.names("ls-files", "-z")))
    for target in _COMMANDS:
        with screen.step(f"Rehearse: make {target}"):
            code, printed = said("make", target, cwd=trial.project)
            if code:
                screen.plain("\n".join(printed.splitlines()[-_SHOWN:]))
                raise BadInputError(
                    f"With the update, make {target} fails. Nothing was changed.",
                    hint="mkbackend update without --verify stages it, for you to mend.",
                )
