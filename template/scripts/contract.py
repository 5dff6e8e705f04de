"""Contract tests: Schemathesis sends valid and invalid requests to every operation.

    python -m scripts.contract [--examples 25] [--seed 1] [--only /books /authors]

It runs once per role and once without a token, configured by schemathesis.toml. The
database is temporary, on the server of TEST_DATABASE_URL or else on a temporary one.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from string import Template
from tempfile import TemporaryDirectory
from threading import Thread

import uvicorn
from alembic.command import upgrade
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import URL, text

from app.core.config import Settings
from app.core.database import make_engine
from app.core.security import PasswordHasher
from app.core.settings.database import DatabaseSettings
from app.core.settings.postgres_url import make_url, parse_url
from scripts.contract_errors import expect_errors
from scripts.contract_slices import describe_slices
from scripts.contract_stage import PEOPLE, SECOND, Stage
from scripts.postgres import PostgresError, throwaway
from tests.people import PASSWORD

PROJECT = Path(__file__).resolve().parents[1]
SCHEMATHESIS = (sys.executable, "-m", "schemathesis.cli")
# The e-mail of each caller by name; `nobody` calls without a token.
CALLERS: dict[str, str | None] = {
    **{role.value: email for email, role in PEOPLE.items() if email != SECOND},
    "nobody": None,
}


@contextmanager
def server() -> Iterator[URL]:
    """Yield the URL of a server where databases can be created."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield parse_url(given)
        return
    with throwaway() as it:
        yield make_url(it.user, it.password, [(it.host, it.port)], it.database, {})


@contextmanager
def migrated(server: URL, uploads: str) -> Iterator[Settings]:
    """Yield the settings of a new, migrated database, and drop it afterwards."""
    name = f"contract_{token_hex(6)}"
    url = server.set(database=name).render_as_string(hide_password=False)
    settings = Settings(
        _env_file=None,
        ENVIRONMENT="test",
        DEBUG=True,
        DATABASE_URL=SecretStr(url),
        JWT_SECRET_KEY=SecretStr(token_hex(32)),
        JWT_REFRESH_SECRET_KEY=SecretStr(token_hex(32)),
        JWT_ACCESS_TOKEN_EXPIRE_MINUTES=24 * 60,
        RATE_LIMIT_FACTOR=1_000_000,
        UPLOAD_DIR=Path(uploads),
        SMTP_HOST=None,
        LOG_LEVEL="ERROR",
        LOG_FORMAT="text",
    )
    server_url = SecretStr(server.render_as_string(hide_password=False))
    outside = settings.model_copy(update={"DATABASE_URL": server_url})
    asyncio.run(_execute(outside, f'CREATE DATABASE "{name}"'))
    try:
        upgrade(Config("alembic.ini", attributes={"settings": settings}), "head")
        yield settings
    finally:
        asyncio.run(_execute(outside, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _execute(settings: DatabaseSettings, statement: str) -> None:
    engine = make_engine(settings)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(statement))
    await engine.dispose()


@contextmanager
def serving(stage: Stage) -> Iterator[str]:
    """Serve the API on a free local port; yield its URL."""
    config = uvicorn.Config(stage, log_config=None, access_log=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def run_as(name: str, stage: Stage, settings: Settings, options: list[str]) -> bool:
    """Run Schemathesis as a caller; return whether it passed."""
    print(f"\n=== as {name} ===", flush=True)
    email = CALLERS[name]
    # Every caller makes the same requests, with the same e-mails.
    asyncio.run(_execute(settings, "TRUNCATE users CASCADE"))
    stage.begin()
    if email:
        options = [*options, f"--header=Authorization: Bearer {stage.tokens[email]}"]
    with TemporaryDirectory() as directory:
        config = Path(directory, "schemathesis.toml")
        text = Path("schemathesis.toml").read_text(encoding="utf-8")
        text = Template(text).safe_substitute(stage.known)
        # Rows of slices belong to the caller: some roles see only their own.
        owner = stage.user(email) if email else stage.user()
        text += asyncio.run(describe_slices(settings, owner, stage.described))
        text = expect_errors(text, stage.app.openapi()["paths"])
        config.write_text(text, encoding="utf-8")
        command = [*SCHEMATHESIS, f"--config-file={config}", "run", *options]
        code = subprocess.run(command, check=False).returncode
    return _judge(name, stage, 403 if email else 401) and code == 0


def _judge(name: str, stage: Stage, refusal: int) -> bool:
    """Return whether each operation succeeded or was refused to this caller."""
    answers = {o: set(stage.answers[o]) for o in stage.operations}
    good = {o for o, statuses in answers.items() if any(s < 300 for s in statuses)}
    # A public operation may require something else, such as a signature.
    refused = {o for o in stage.public if answers[o] & {401, 403}}
    refused |= {o for o in answers if refusal in answers[o]}
    # Another service may be missing here.
    declared = {o for o in answers if answers[o] & stage.errors[o]} - good - refused
    stage.succeeded |= good | declared
    print(f"As {name}: {len(good)} operations succeeded, {len(refused - good)} refused")
    if declared:
        print(f"Only errors that are declared: {', '.join(sorted(declared))}")
    if missed := ", ".join(sorted(answers.keys() - good - refused - declared)):
        print(f"Never succeeded: {missed}. Add what they need: schemathesis.toml")
    return not missed


def _judge_all(stage: Stage) -> bool:
    """Return whether each operation that is not public succeeded for some caller."""
    if never := ", ".join(sorted({*stage.operations} - stage.succeeded - stage.public)):
        print(f"Refused to all callers: {never}.")
    return not never


def main() -> int:
    """Run as every caller; return the exit code."""
    parser = argparse.ArgumentParser(description="Run the contract tests.")
    parser.add_argument("--examples", type=int, help="number per operation")
    parser.add_argument("--seed", type=int, default=1, help="seed of the calls")
    parser.add_argument(
        "--only", nargs="+", metavar="/books", help="only at and below these paths"
    )
    arguments = parser.parse_args()
    options = [f"--seed={arguments.seed}"]
    if arguments.examples:
        options.append(f"--max-examples={arguments.examples}")
    os.chdir(PROJECT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        TemporaryDirectory() as uploads,
        server() as address,
        migrated(address, uploads) as settings,
    ):
        hashing = PasswordHasher(settings).hash_password(PASSWORD)
        stage = Stage(settings, asyncio.run(hashing))
        if arguments.only:
            options.append(f"--include-path-regex={stage.keep_below(*arguments.only)}")
        with serving(stage) as url:
            options = [f"{url}/openapi.json", *options]
            passed = [run_as(name, stage, settings, options) for name in CALLERS]
        passed.append(_judge_all(stage))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PostgresError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
