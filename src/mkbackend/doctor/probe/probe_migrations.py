"""The project's migrations compared with the database's."""

from pathlib import Path

from probe_words import Report


def report_migrations(database: Report) -> Report:
    """Return the heads and, if the database was queried, the `pending` revisions or those `beyond` the project's."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(Config("alembic.ini"))
    heads: Report = {"heads": sorted(script.get_heads())}
    if "revisions" not in database and "lacks" not in database:
        return heads
    every = {revision.revision: Path(revision.path).stem for revision in script.walk_revisions()}
    has = tuple(database.get("revisions", ()))
    if beyond := sorted(set(has) - set(every)):
        return heads | {"beyond": beyond}
    done = {revision.revision for revision in script.iterate_revisions(has, "base")} if has else set()
    return heads | {"pending": [name for revision, name in reversed(every.items()) if revision not in done]}
