"""What only a project's own Python can tell, as one line of JSON: its settings, database and migrations.

mkbackend never imports what is in this folder: it runs it with the Python of a project, in the project. It asks and
changes nothing, and needs only names that every template since 0.1.0 has. What it says holds no value of a secret.
"""

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from probe_database import tell_database
from probe_migrations import tell_migrations
from probe_settings import read_dotenv, tell_settings
from probe_words import Told, without_secrets


def main() -> None:
    """Tell everything that can be told; what cannot be is an `error` in its place."""
    # From here on the project is the first place for imports, as with `python -m`, and this folder the last.
    sys.path[:] = [str(Path.cwd()), *sys.path[1:], sys.path[0]]
    with contextlib.redirect_stdout(sys.stderr):  # whatever the project's own code prints
        dotenv = told(lambda: {"values": read_dotenv()})
        values = dotenv.get("values")
        settings = dotenv if values is None else told(lambda: tell_settings(values))
        database = dotenv if values is None else told(lambda: tell_database(values))
        migrations = told(lambda: tell_migrations(database))
    print(json.dumps({"settings": settings, "database": database, "migrations": migrations}, default=str))


def told(tell: Callable[[], Told]) -> Told:
    """Return what a function tells, or why it cannot: a package that is `missing`, or any other `error`."""
    try:
        return tell()
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        return {"error": f"the project has no {error.name}"} if name in ("app", "scripts") else {"missing": name}
    except (ImportError, AttributeError) as error:
        return {"error": str(error)}
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the project's own code may raise anything
        return {"error": f"{type(error).__name__}: {without_secrets(str(error))}"}


main()
