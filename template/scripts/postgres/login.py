"""Login that identifies a server."""

import asyncio
from pathlib import Path

import asyncpg

from scripts.postgres import PostgresError, Server


def ask(server: Server) -> Path | str:
    """Return the data directory of the server there, or "nobody", or "busy"."""
    try:
        return Path(asyncio.run(_log_in(server)))
    except ConnectionRefusedError:
        return "nobody"
    except asyncpg.CannotConnectNowError:
        return "busy"
    except (asyncpg.PostgresError, OSError) as error:
        raise PostgresError(
            f"The server at {server.host}:{server.port} refused the login: {error}. If "
            f"it is not that of {server.home}, remove data/postmaster.pid there."
        ) from error


async def _log_in(server: Server) -> str:
    connection = await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        database=server.database,
        ssl=False,
        timeout=5,
    )
    try:
        return str(await connection.fetchval("SHOW data_directory"))
    finally:
        await connection.close()
