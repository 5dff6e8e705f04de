"""Run the service: `python -m app`."""

import signal
import socket
import sys
from math import ceil

import uvicorn
from loguru import logger

from app.core.config import ConfigurationError, Settings, get_settings
from app.core.logging import setup_logging
from app.kit.telemetry.workers import metrics_of_workers


def main() -> None:
    """Serve on HOST and PORT, with WORKERS processes or with RELOAD."""
    try:
        settings = get_settings()
        _check_port(settings, "PORT")
        if settings.METRICS_PORT:
            _check_port(settings, "METRICS_PORT")
    except ConfigurationError as error:
        sys.exit(str(error))
    setup_logging(settings)
    if settings.DEBUG:
        logger.info("Documentation: http://{}:{}/docs", settings.HOST, settings.PORT)
    # uvicorn finishes what is in flight and raises the signal anew: to have ended as
    # one was told to is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with metrics_of_workers(settings):
        _serve(settings)


def _serve(settings: Settings) -> None:
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.HOST,
        port=settings.PORT,
        workers=settings.WORKERS,
        reload=settings.RELOAD,
        reload_dirs=["app"] if settings.RELOAD else None,
        log_config=None,
        access_log=False,
        server_header=False,
        # The application does it, whatever server runs it: TRUSTED_PROXIES.
        proxy_headers=False,
        # A worker that starts is slow to answer where cores are few: that is no death.
        timeout_worker_healthcheck=30,
        # Requests in flight are finished; REQUEST_TIMEOUT ends those that would not be.
        timeout_graceful_shutdown=ceil(settings.REQUEST_TIMEOUT) + 5,
    )


def _check_port(settings: Settings, name: str) -> None:
    """Name a taken port and the mend; the server would only say `errno 98`."""
    port = getattr(settings, name)
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, port))
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {settings.HOST}:{port}: {error.strerror}.\n"
                f"Stop what uses the port, or choose another: set {name} in .env."
            ) from None


if __name__ == "__main__":
    main()
