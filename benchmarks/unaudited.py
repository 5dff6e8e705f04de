"""The generated service without the audit row of an updated user, which L3A does not write either."""

from dataclasses import replace
from pathlib import Path

from benchmarks.contestants import OURS, ours
from benchmarks.processes import BenchError
from benchmarks.servers import PATCH, Plan
from benchmarks.stage import Stage, copied

UNAUDITED = f"{OURS} without audit"
SERVICE = Path("app", "service", "user_service.py")
RECORD = """\
        await self._audit.done(
            "update-user", actor=actor, subject=user_id, fields=values
        )
"""


def unaudited(stage: Stage, place: Path, **settings: str) -> Plan:
    """Copy the project without the lines that record the update; return the plan of its PATCH."""
    # As long as the path of the original, because the memory layout decides the collisions in caches.
    copy = place / "without"
    if not copy.exists():
        remove_record(copied(stage.project, copy) / SERVICE)
    plan = ours(stage, **settings)
    return replace(plan, name=UNAUDITED, cwd=copy, operations={PATCH: plan.operations[PATCH]})


def remove_record(file: Path) -> None:
    """Remove the lines that record the update of a user.

    Raises:
        BenchError: the file does not have them exactly once.
    """
    text = file.read_text("utf-8")
    if (found := text.count(RECORD)) != 1:
        raise BenchError(
            f"{SERVICE} has the lines of RECORD {found} times, expected once. Fix benchmarks/unaudited.py."
        )
    file.write_text(text.replace(RECORD, ""), "utf-8")
