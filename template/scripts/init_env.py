"""Command to write `.env` from `.env.example` with new secrets, unless it exists."""

import os
import secrets
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SECRETS = ("JWT_SECRET_KEY", "JWT_REFRESH_SECRET_KEY", "DB_PASSWORD")


def write_env(project: Path = PROJECT) -> bool:
    """Write the file, readable by its owner only; return False if it exists."""
    text = (project / ".env.example").read_text(encoding="utf-8")
    for name in SECRETS:
        text = text.replace(f"\n{name}=\n", f"\n{name}={secrets.token_hex(32)}\n")
    try:
        target = os.open(project / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with open(target, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return True


if __name__ == "__main__":
    print(".env written" if write_env() else ".env exists and was kept")
