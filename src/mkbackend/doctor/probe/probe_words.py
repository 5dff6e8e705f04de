"""Redaction of secrets in text."""

import contextlib
import os
import re
from typing import Any

Report = dict[str, Any]
# Variables with these suffixes are numbers, not secrets.
SECRET = re.compile(r"(?!.*_(MINUTES|HOURS|DAYS|SECONDS)\b).*(PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL)")
# Shorter values would match unrelated text.
SHORTEST = 3


def without_secrets(text: str) -> str:
    """Return a text without the values of variables named like secrets, and without passwords in URLs."""
    variables = [*os.environ.items()]
    with contextlib.suppress(ImportError, OSError, ValueError):
        from dotenv import dotenv_values

        for replaces in (False, True):  # templates before 0.11 replace ${x}
            values = dotenv_values(".env", encoding="utf-8-sig", interpolate=replaces)
            variables += [(name, value or "") for name, value in values.items()]
    hidden = {value for name, value in variables if SECRET.match(name)}
    hidden |= {found[1] for value in hidden if (found := re.search(r"://[^:/]*:(.*)@", value))}
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = text.replace(value, "…")
    return text


def plainly(line: str) -> str:
    """Return an error line without pydantic's prefix and, for a secret, without the quoted value."""
    line = without_secrets(line.strip().replace("Value error, ", ""))
    return re.sub(r"'.*'", "'…'", line) if SECRET.match(line.partition(":")[0]) else line
