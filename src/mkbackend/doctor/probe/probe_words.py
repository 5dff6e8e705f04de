"""Words that can be shown: none of them is a secret."""

import contextlib
import os
import re
from typing import Any

Told = dict[str, Any]
# Of the variables with such a word, these are numbers.
SECRET = re.compile(r"(?!.*_(MINUTES|HOURS|DAYS|SECONDS)\b).*(PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL)")
# What is shorter cannot be told from the text around it.
SHORTEST = 3


def without_secrets(text: str) -> str:
    """Return text without the value of any variable that is named as a secret, and without a URL's password."""
    variables = [*os.environ.items()]
    with contextlib.suppress(ImportError, OSError, ValueError):
        from dotenv import dotenv_values

        variables += [(name, value or "") for name, value in dotenv_values(".env").items()]
    hidden = {value for name, value in variables if SECRET.match(name)}
    hidden |= {found[1] for value in hidden if (found := re.search(r"://[^:/]*:(.*)@", value))}
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = text.replace(value, "…")
    return text


def plainly(line: str) -> str:
    """Return a line about a setting without pydantic's own words; of a secret, without what is quoted."""
    line = without_secrets(line.strip().replace("Value error, ", ""))
    return re.sub(r"'.*'", "'…'", line) if SECRET.match(line.partition(":")[0]) else line
