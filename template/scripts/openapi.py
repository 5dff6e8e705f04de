"""Command to write the description of the API, in openapi.json.

    python -m scripts.openapi [--check] [FILE]

It needs no database, and reads .env.example rather than .env: the text is the same on
every machine. `make lint` keeps the file current once it exists.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any

from pydantic import ValidationError

PATH = Path("openapi.json")
SECRETS = ("JWT_SECRET_KEY", "JWT_REFRESH_SECRET_KEY", "DB_PASSWORD")
STALE = """\
{path} does not describe the API: make openapi
If no route or schema has changed, a package has: the versions of FastAPI and Pydantic
decide the text. uv.lock has them, and `make install` brings those.
"""


def describe() -> str:
    """Return the description of the API, sorted."""
    # Only a file that exists needs the time to import the application.
    from app.core.config import Settings
    from app.main import create_app

    # The environment of this machine decides only what has no default.
    for name, field in Settings.model_fields.items():
        if not field.is_required():
            os.environ.pop(name, None)
    keys: Any = {name: token_hex(32) for name in SECRETS}
    try:
        settings = Settings(_env_file=".env.example", **keys)
    except ValidationError as error:
        sys.exit(f"Set these in .env.example, or in the environment:\n{error}")
    description = create_app(settings).openapi()
    text = json.dumps(description, ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n"


def is_current(path: Path) -> bool:
    """Return whether a file describes the API, or does not exist: it is optional."""
    return not path.exists() or path.read_text(encoding="utf-8") == describe()


def main() -> int:
    """Write or check the file; return the exit code."""
    parser = argparse.ArgumentParser(description="Write the description of the API.")
    parser.add_argument("file", nargs="?", type=Path, default=PATH, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="only compare the file")
    arguments = parser.parse_args()
    path: Path = arguments.file
    if not arguments.check:
        path.write_text(describe(), encoding="utf-8", newline="\n")
        print(f"{path} written")
    elif not is_current(path):
        print(STALE.format(path=path), end="", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
