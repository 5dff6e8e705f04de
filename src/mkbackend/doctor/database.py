"""The database that `make dev` would take, and its migrations, as the probe found them."""

from collections.abc import Iterator

from mkbackend.doctor.ask import Answer
from mkbackend.doctor.checks import Check, note, ok, wrong

_NAME = "Name one in .env: DB_HOST and the rest of DB_*, or DATABASE_URL."
_MIGRATE = "make migrate-up"
_WORK = "Run a worker: python -m app.jobs; or set JOBS_IN_API=true in .env and run make dev."
# As many pending migrations as a line holds; the others are counted.
_NAMED = 3


def look(told: Answer) -> Check:
    """Judge whether there is a database to work with."""
    if none := told.get("none"):
        return wrong("database", none.partition("\n")[0], _NAME)
    if not told["runs"] and "away" not in told:
        return ok("database", "embedded PostgreSQL, not running: make dev starts it")
    place = f"{told['place']} ({'embedded PostgreSQL' if told['embedded'] else told['reason']})"
    if away := told.get("away"):
        if told["embedded"]:  # it may be starting or ending
            return note("database", f"{place} gives no answer: {away}", "make dev")
        return wrong("database", f"{place} cannot be used: {away}", "Start it, or correct DB_* or DATABASE_URL.")
    if name := told.get("lacks"):
        if told["embedded"]:
            return ok("database", f"{place} runs; make dev makes the database")
        return wrong("database", f"{place} answers, but has no database {name}", "Make it, or name another: DB_NAME.")
    if tables := _foreign(told):
        return wrong("database", f"{place} holds tables that are not ours: {tables}", "Name another database.")
    return ok("database", f"{place} answers")


def migrations(told: Answer, database: Answer, merge: str) -> Iterator[Check]:
    """Judge whether the tables are those of the code; nothing where the database is the trouble.

    `merge` is the command that joins several heads.
    """
    if len(heads := told["heads"]) > 1:
        yield wrong("migrations", f"have {len(heads)} heads: {', '.join(heads)}", merge)
    elif beyond := told.get("beyond"):
        found = f"the database has {', '.join(beyond)}, which the project does not: newer code has migrated it"
        yield wrong("migrations", found, "git pull, or name another database.")
    elif _foreign(database):
        return
    elif pending := told.get("pending"):
        more = f" and {len(pending) - _NAMED} more" if len(pending) > _NAMED else ""
        yield wrong("migrations", f"{len(pending)} pending: {', '.join(pending[:_NAMED])}{more}", _MIGRATE)
    elif "pending" in told:
        yield ok("migrations", "none pending")
    elif database.get("embedded") and not database["runs"]:
        yield ok("migrations", "make dev runs what is pending")


def jobs(told: Answer, settings: Answer) -> Iterator[Check]:
    """Judge whether a worker does the jobs; templates before 0.7 have none, and no setting for it."""
    found = told.get("jobs") or {}
    if late := found.get("late"):
        yield note("jobs", f"{late} have waited for five minutes or more: nobody does them", _WORK)
    elif settings.get("jobs_in_api") is False:
        yield note("jobs", "no worker does them with make dev, so no mail is sent: JOBS_IN_API is not true", _WORK)
    elif failed := found.get("failed"):
        yield note("jobs", f"{failed} have failed too often", "make jobs")


def _foreign(told: Answer) -> str:
    """Return some tables of a database that was never ours."""
    tables = told.get("tables", [])
    return "" if "alembic_version" in tables else ", ".join(tables[:_NAMED])
