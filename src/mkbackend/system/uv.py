"""uv: the user's own, or the one that comes with mkbackend."""

import os
import shutil
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.system.programs import answer, version_in

_OLDEST_UV = (0, 8)


def uv_on_path(where: Path) -> str | None:
    """Return the user's own uv if it is new enough and runs in a directory.

    Shims of version managers run in some directories only.
    """
    for command in filter(None, (os.environ.get("UV"), shutil.which("uv"))):
        if version_in(answer(command, "--version", cwd=where)) >= _OLDEST_UV:
            return command
    return None


def find_uv(where: Path) -> str:
    """Return the user's own uv, else the one bundled with mkbackend."""
    from uv import find_uv_bin

    try:
        return uv_on_path(where) or find_uv_bin()
    except FileNotFoundError as error:
        hint = "Reinstall mkbackend, or install uv: https://docs.astral.sh/uv/"
        raise MkbackendError("The uv bundled with mkbackend is missing.", hint) from error
