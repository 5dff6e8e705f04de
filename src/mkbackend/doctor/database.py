"""Checks of the database that `make dev` uses, its migrations and jobs, from the probe's answer."""

from collections.abc import Iterator

from mkbackend.doctor.ask import Report
from mkbackend.doctor.checks import Check, note, ok, wrong

_NAME = "Set one in .env: DB_HOST and the other DB_* settings, or DATABASE_URL."
_MIGRATE = "make migrate-up"
_WORK = "Run a worker: python -m app.jobs; or set JOBS_IN_API=true in .env and run make dev."
# Pending migrations listed on the line; the others are counted.
_NAMED = 3


def look(report: Report) -> Check:
    """Check that there is a usable database."""
    if none := report.get("none"):
        return wrong("database", none.partition("\n")[0], _NAME)
    if not report["runs"] and "away" not in report:
        return ok("database", "embedded PostgreSQL, not running: make dev starts it")
    place = f"{report['place']} ({'embedded PostgreSQL' if report['embedded'] else report['reason']})"
    if away := report.get("away"):
        if report["embedded"]:  # it may be starting or stopping
            return note("database", f"{place} does not respond: {away}", "make dev")
        return wrong("database", f"{place} cannot be used: {away}", "Start it, or fix DB_* or DATABASE_URL.")
    if name := report.get("lacks"):
        if report["embedded"]:
            return ok("database", f"{place} is running; make dev creates the database")
        return wrong("database", f"{place} responds, but has no database {name}", "Create it, or set another DB_NAME.")
    if tables := _foreign(report):
        return wrong("database", f"{place} has tables of another application: {tables}", "Use another database.")
    return ok("database", f"{place} responds")


def migrations(report: Report, database: Report, merge: str) -> Iterator[Check]:
    """Check for pending migrations, unless the database itself is the problem.

    `merge` is the command that merges several heads.
    """
    if len(heads := report["heads"]) > 1:
        yield wrong("migrations", f"have {len(heads)} heads: {', '.join(heads)}", merge)
    elif beyond := report.get("beyond"):
        found = f"the database has {', '.join(beyond)}, which the project lacks: newer code migrated it"
        yield wrong("migrations", found, "git pull, or use another database.")
    elif _foreign(database):
        return
    elif pending := report.get("pending"):
        more = f" and {len(pending) - _NAMED} more" if len(pending) > _NAMED else ""
        yield wrong("migrations", f"{len(pending)} pending: {', '.join(pending[:_NAMED])}{more}", _MIGRATE)
    elif "pending" in report:
        yield ok("migrations", "none pending")
    elif database.get("embedded") and not database["runs"]:
        yield ok("migrations", "make dev applies the pending ones")


def jobs(report: Report, settings: Report) -> Iterator[Check]:
    """Check that a worker runs the jobs; templates before 0.7 have no jobs."""
    found = report.get("jobs") or {}
    if late := found.get("late"):
        yield note("jobs", f"{late} have waited for five minutes or more: no worker runs them", _WORK)
    elif settings.get("jobs_in_api") is False:
        yield note("jobs", "make dev starts no worker, so no mail is sent: JOBS_IN_API is not true", _WORK)
    elif failed := found.get("failed"):
        yield note("jobs", f"{failed} failed after all retries", "make jobs")


def _foreign(report: Report) -> str:
    """Return the first tables of a database without our migrations; empty if it has them."""
    tables = report.get("tables", [])
    return "" if "alembic_version" in tables else ", ".join(tables[:_NAMED])
