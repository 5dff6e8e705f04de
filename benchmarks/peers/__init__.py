"""Services of other generators, created as they document with users and JWT, and run with their defaults.

Each has its own environment, and its own database with as many users on the same server.
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.peers.fastapi_fullstack import FULLSTACK
from benchmarks.peers.fastapi_template import TEMPLATE
from benchmarks.peers.full_stack_template import OFFICIAL
from benchmarks.peers.peer import prepare
from benchmarks.processes import BenchError
from benchmarks.servers import Plan
from benchmarks.stage import Stage

PEERS = (OFFICIAL, TEMPLATE, FULLSTACK)


def peers(stage: Stage, place: Path) -> Iterator[Plan | str]:
    """Yield the plan of each peer, or the reason why it is missing."""
    for peer in PEERS:
        try:
            yield prepare(peer, stage, place / peer.name)
        # A program may not be installed.
        except (BenchError, FileNotFoundError) as error:
            yield f"{peer.name} {peer.version}: {' '.join(str(error).split())}"
