"""Probe that runs with a project's own Python and prints its settings, database and migrations as a line of JSON.

mkbackend never imports this folder: it runs it in the project with the project's Python. The probe is read-only, uses
only names that every template since 0.1.0 has, and prints no secrets.
"""

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from probe_database import report_database
from probe_migrations import report_migrations
from probe_settings import read_dotenv, report_settings
from probe_words import Report, without_secrets


def main() -> None:
    """Print the answer; a part that fails is replaced by its `error`."""
    # Import from the project first, as with `python -m`, and from this folder last.
    sys.path[:] = [str(Path.cwd()), *sys.path[1:], sys.path[0]]
    with contextlib.redirect_stdout(sys.stderr):  # the project's own code may print
        dotenv = run(lambda: {"values": read_dotenv()})
        values = dotenv.get("values")
        settings = dotenv if values is None else run(lambda: report_settings(values))
        database = dotenv if values is None else run(lambda: report_database(values))
        migrations = run(lambda: report_migrations(database))
    print(json.dumps({"settings": settings, "database": database, "migrations": migrations}, default=str))


def run(probe: Callable[[], Report]) -> Report:
    """Return a function's result, or why it failed: a `missing` package, or another `error`."""
    try:
        return probe()
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        return {"error": f"the project has no {error.name}"} if name in ("app", "scripts") else {"missing": name}
    except (ImportError, AttributeError) as error:
        return {"error": str(error)}
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the project's own code may raise anything
        return {"error": f"{type(error).__name__}: {without_secrets(str(error))}"}


main()
