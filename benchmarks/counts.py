"""Instructions of a service for each of its operations, in one run under callgrind."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.callgrind import counted
from benchmarks.driver import Call
from benchmarks.load import Request
from benchmarks.processes import BenchError
from benchmarks.servers import Plan

# Numbers of warm-up requests, as the interpreter and SQLAlchemy adapt to repeated work, and of counted ones
Numbers = tuple[int, int]
MANY: Numbers = (100, 10)
# No rate limit and no timeout: under valgrind, on a busy machine, a login takes long.
SETTINGS = {"RATE_LIMIT_FACTOR": "1000", "REQUEST_TIMEOUT": "600", "DB_STATEMENT_TIMEOUT": "300"}


def instructions(
    plan: Plan, python: Path, app: str, numbers: Mapping[str, Numbers], place: Path, seed: int, name: str = "Ada"
) -> Iterator[tuple[str, float]]:
    """Start a service under callgrind; yield the mean instructions of each operation.

    An ORM writes only a name that changes: contestants on one database need different names, of equal length.
    """
    env = {key: value.format(port=8000) for key, value in plan.env.items()}
    with counted(python, app, plan.cwd, place, env, seed) as service:
        ((_, body),) = service.send([_call(login_of(plan))])
        token = json.loads(body)["access_token"]
        for operation, (warm_up, requests) in numbers.items():
            users = enumerate(plan.users[: warm_up + requests])
            made = [plan.operations[operation](user, f"{name} {number:03}") for number, user in users]
            calls = [_call(request, Authorization=f"Bearer {token}") for request in made]
            service.send(calls[:warm_up])
            yield operation, service.count(calls[warm_up:])


def login_of(plan: Plan) -> Request:
    """Return the login of a service.

    Raises:
        BenchError: it has none.
    """
    if plan.login is None:
        raise BenchError(f"{plan.name} has no login.")
    return plan.login


def _call(request: Request, **headers: str) -> Call:
    headers |= {"Host": "127.0.0.1:8000", "Accept": "*/*", "Content-Length": str(len(request.body))}
    return request.method, request.path, request.headers(**headers), request.body
