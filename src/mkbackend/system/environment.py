"""Environment variables for git and uv."""

import os
import re

from mkbackend.errors import BadInputError

# Variables for identity, connection and settings. All others (GIT_DIR and the like, set inside git hooks) would point
# our git and Copier's at another repository.
_KEPT_GIT = re.compile(
    r"GIT_(AUTHOR_(NAME|EMAIL)|COMMITTER_(NAME|EMAIL)|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)"
    r"|SSL_.*|SSH.*|ASKPASS|HTTP_.*|PROXY_.*|EXEC_PATH|ALLOW_PROTOCOL|DISCOVERY_ACROSS_FILESYSTEM)"
)
_MAY_BE_EMPTY = "GIT_CONFIG_VALUE_"

# For every git that we or Copier start: no hooks, watchers or signatures, which are for the user's own commits.
_GIT_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "log.showSignature": "false",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


def clean_environment() -> None:
    """Remove variables that would misdirect git and uv from this process, and so from its children and Copier."""
    for name in list(os.environ):
        is_set = os.environ[name] or name.startswith(_MAY_BE_EMPTY)
        if name.startswith("GIT_") and not (_KEPT_GIT.fullmatch(name) and is_set):
            del os.environ[name]
    if not (count := os.environ.get("GIT_CONFIG_COUNT", "0")).isdecimal():
        raise BadInputError(f"GIT_CONFIG_COUNT is {count!r}, not a number.", hint="unset GIT_CONFIG_COUNT")
    # The project must not be installed into an active environment or one of another project.
    for name in ("VIRTUAL_ENV", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIRECTORY"):
        os.environ.pop(name, None)
    os.environ["GIT_TERMINAL_PROMPT"] = "0"  # fail instead of waiting for a password


def git_environment(*, private: bool = False) -> dict[str, str]:
    """Return the environment variables that add our settings to git's.

    In a `private` repository no user setting applies, so that its content is the same on every machine.
    """
    first = 0 if private else int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    settings = _GIT_SETTINGS | ({"core.attributesFile": os.devnull} if private else {})
    variables = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (name, value) in enumerate(settings.items(), start=first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    if private:
        variables |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
        variables["GIT_NO_REPLACE_OBJECTS"] = "1"
    return variables
