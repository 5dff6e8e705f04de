"""Command to list and retry the jobs of the queue.

    python -m scripts.jobs
    python -m scripts.jobs retry 12 13
    python -m scripts.jobs retry all

Without arguments, it lists waiting and failed jobs, with the errors.
"""

import argparse
import asyncio
import sys

from app.container import Container, RequestScope
from app.core.config import ConfigurationError, Settings, get_settings
from app.core.context import RequestContext
from app.core.exceptions import AppException
from app.core.logging import without_values
from app.jobs.registry import kinds

OPERATOR = RequestContext(address="local", request_id="jobs")
LONGEST = 200
NO_HANDLER = "  (no handler: docs/rename-job.md)"


async def describe(scope: RequestScope) -> str:
    """Return the counts of jobs, and the failed ones with their errors."""
    counted = sorted((await scope.jobs.count()).items())
    handled = {name for kind in kinds() for name in kind.names()}
    lines = [
        f"{count:>7}  {status:<7} {name}{'' if name in handled else NO_HANDLER}"
        for (name, status), count in counted
    ]
    failed = await scope.jobs.failed()
    if failed:
        lines.append("\nFailed:")
    for job in failed:
        lines.append(f"{job.id:>7}  {job.since:%Y-%m-%d %H:%M}  {job.name}")
        error = " ".join(without_values(job.error).split())
        lines.append(f"{'':>9}{error[:LONGEST]}")
    return "\n".join(lines or ["No jobs are waiting, and none have failed."])


async def retry(scope: RequestScope, wanted: list[str]) -> str:
    """Queue failed jobs again; return their ids as a message."""
    failed = {job.id for job in await scope.jobs.failed()}
    ids = failed if wanted == ["all"] else failed & {int(word) for word in wanted}
    await scope.jobs.retry(ids)
    if not ids:
        return "None of these jobs have failed."
    return f"Queued again: {' '.join(map(str, sorted(ids)))}"


async def main(settings: Settings, wanted: list[str] | None) -> str:
    """Run the command; return its output.

    Raises:
        AppException: the database does not answer.
    """
    container = Container(settings)
    async with container.database.connected():
        return await container.in_transaction(
            OPERATOR, describe if wanted is None else lambda scope: retry(scope, wanted)
        )


def _wanted() -> list[str] | None:
    """Parse the command line; return the jobs to retry, or None."""
    parser = argparse.ArgumentParser(description="List or retry jobs of the queue.")
    commands = parser.add_subparsers(dest="command", metavar="")
    again = commands.add_parser("retry", help="queue failed jobs again")
    again.add_argument("ids", nargs="+", help="job ids, or: all")
    options = parser.parse_args()
    if options.command is None:
        return None
    ids: list[str] = options.ids
    if ids != ["all"] and not all(word.isdecimal() for word in ids):
        again.error(f"{' '.join(ids)}: a job id is a number; or use all")
    return ids


if __name__ == "__main__":
    wanted = _wanted()
    try:
        print(asyncio.run(main(get_settings(), wanted)))
    except (AppException, ConfigurationError) as error:
        sys.exit(str(error))
