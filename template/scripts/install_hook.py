"""Command to install the pre-commit hook so that the folder can be moved.

    python -m scripts.install_hook

pre-commit writes the absolute path of its Python into the hook. Git runs hooks from the
top of the work tree, so the hook can try a relative path first.
"""

import shlex
import subprocess
import sys
from pathlib import Path

WRITTEN = "INSTALL_PYTHON="


def git(*words: str) -> Path:
    """Return the path that `git rev-parse` prints."""
    command = ("git", "rev-parse", "--path-format=absolute", *words)
    printed = subprocess.check_output(command, encoding="utf-8")
    return Path(printed.removesuffix("\n"))


def find_first(hook: str, python: str) -> str:
    """Return the hook with a relative Python before the absolute one."""
    lines = hook.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines, 1) if line.startswith(WRITTEN))
    quoted = shlex.quote(python)
    lines.insert(at, f"[ ! -x {quoted} ] || {WRITTEN}{quoted}\n")
    return "".join(lines)


def main() -> int:
    """Install the hook; return the exit code."""
    code = subprocess.call((sys.executable, "-m", "pre_commit", "install"))
    top, python = git("--show-toplevel"), Path(sys.executable)
    if code or not python.is_relative_to(top):
        return code
    hook = git("--git-path", "hooks/pre-commit")
    text = hook.read_text(encoding="utf-8")
    relative = python.relative_to(top).as_posix()
    hook.write_text(find_first(text, relative), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
