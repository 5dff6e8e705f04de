"""Entry point of the service: `python -m app`."""

import signal
import sys
from contextlib import ExitStack
from functools import partial
from math import ceil

import uvicorn
from loguru import logger

from app.core.config import ConfigurationError, Settings
from app.core.logging import setup_logging
from app.kit.http.bounds import bounds_of
from app.kit.http.protocol import BoundedProtocol
from app.kit.parts import read_settings
from app.kit.ports import check_port


def main() -> None:
    """Serve on HOST and PORT, with WORKERS processes or with RELOAD."""
    # uvicorn finishes the requests in flight and raises the signal again: exit with 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with ExitStack() as around:
        try:
            settings, parts = read_settings()
            check_port(settings.HOST, settings.PORT, "PORT")
            for part in parts:
                around.enter_context(part.around_server(settings))
        except ConfigurationError as error:
            sys.exit(str(error))
        _serve(settings)


def _serve(settings: Settings) -> None:
    setup_logging(settings)
    if settings.DEBUG:
        logger.info("Documentation: http://{}:{}/docs", settings.HOST, settings.PORT)
    uvicorn.run(
        "app.main:create_served_app",
        factory=True,
        # uvicorn only calls it: an instance for each connection.
        http=partial(BoundedProtocol, bounds=bounds_of(settings)),  # type: ignore[arg-type]  # called like a class
        # A WebSocket message is bounded as a body is.
        ws_max_size=settings.MAX_BODY_SIZE,
        timeout_keep_alive=settings.KEEP_ALIVE_TIMEOUT,
        host=settings.HOST,
        port=settings.PORT,
        workers=settings.WORKERS,
        reload=settings.RELOAD,
        reload_dirs=["app"] if settings.RELOAD else None,
        log_config=None,
        access_log=False,
        server_header=False,
        # The application does this under any server: TRUSTED_PROXIES.
        proxy_headers=False,
        # With few cores, a starting worker is slow to respond: do not kill it.
        timeout_worker_healthcheck=30,
        # REQUEST_TIMEOUT ends every request in flight before this does.
        timeout_graceful_shutdown=ceil(settings.REQUEST_TIMEOUT) + 5,
    )


if __name__ == "__main__":
    main()
