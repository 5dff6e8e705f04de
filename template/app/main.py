"""Application factory."""

import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from loguru import logger

from app.api.openapi import PROBLEMS, operation_ids, setup_openapi
from app.api.v1.account_router import registration
from app.api.v1.router import slices
from app.container import Container
from app.core.config import Settings
from app.core.logging import setup_logging
from app.jobs.registry import kinds
from app.kit.http.body_limit import BodyLimitMiddleware
from app.kit.http.dispatch import add_routers
from app.kit.http.head import HeadMiddleware
from app.kit.http.proxies import setup_proxies
from app.kit.http.route import ScopedRoute
from app.kit.http.security_headers import SecurityHeadersMiddleware
from app.kit.http.state import AppState
from app.kit.http.timeout import TimeoutMiddleware
from app.kit.http.trusted_host import TrustedHostMiddleware
from app.kit.parts import PartSettings, read_settings
from app.kit.queue.worker import working
from app.kit.shutdown import DRAIN_DELAY, drain_delay
from app.middleware.cors import setup_cors
from app.middleware.error_handler import setup_error_handlers
from app.middleware.logging import RequestLoggingMiddleware
from app.middleware.request_id import RequestIDMiddleware


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Connect the database; run the hooks and the worker until shutdown."""
    container: Container = app.state.container
    setup_logging(container.settings, container.hooks.log_ids)
    engine = await container.database.connect()
    _warn_of_jobs(container.settings)
    jobs = (
        working(container, kinds()) if container.settings.JOBS_IN_API else nullcontext()
    )
    async with container.hooks.running(engine):
        # No grace period in development.
        with drain_delay(0 if container.settings.RELOAD else DRAIN_DELAY):
            async with jobs:
                yield
    await container.database.disconnect()


def _warn_of_jobs(settings: Settings) -> None:
    """Log that this process runs no jobs. Production has a separate worker."""
    if not settings.JOBS_IN_API:
        logger.log(
            "INFO" if settings.ENVIRONMENT == "production" else "WARNING",
            "This process runs no jobs. No mail is sent until you run "
            "`python -m app.jobs` or set JOBS_IN_API=true",
        )


def create_app(
    settings: Settings | None = None, parts: Sequence[PartSettings] = ()
) -> FastAPI:
    """Create the application; without settings, read them from the environment."""
    if settings is None:
        settings, parts = read_settings()
    app = _new_app(settings)
    app.state.container = container = Container(settings, parts)

    # The middleware added last sees a request first.
    app.add_middleware(BodyLimitMiddleware, limit=settings.MAX_BODY_SIZE)
    app.add_middleware(TimeoutMiddleware, seconds=settings.REQUEST_TIMEOUT)
    app.add_middleware(
        TrustedHostMiddleware,
        hosts=settings.TRUSTED_HOSTS,
        probed=f"{settings.API_V1_PREFIX}/health",
    )
    setup_error_handlers(app)
    setup_cors(app, settings)
    app.add_middleware(SecurityHeadersMiddleware, hsts_seconds=settings.HSTS_SECONDS)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(RequestLoggingMiddleware)
    for middleware in container.hooks.middleware:
        app.add_middleware(middleware)
    app.add_middleware(RequestIDMiddleware)
    setup_proxies(app, settings)

    offered = [*slices, registration] if settings.REGISTRATION_ENABLED else slices
    add_routers(app, offered, settings.API_V1_PREFIX, PROBLEMS)
    setup_openapi(app, settings)
    return app


def create_served_app() -> FastAPI:
    """Create the application of a server's process.

    It lasts as long as the process: garbage collection need not look at it.
    """
    app = create_app()
    gc.freeze()
    return app


def _new_app(settings: Settings) -> FastAPI:
    """Create the bare application; with DEBUG, its docs load no remote files."""
    named = operation_ids([*slices, registration])
    if settings.DEBUG:
        app = FastAPIOffline(lifespan=lifespan, generate_unique_id_function=named)
    else:
        app = FastAPI(
            lifespan=lifespan, generate_unique_id_function=named, openapi_url=None
        )
    app.state = AppState()
    app.title = settings.PROJECT_NAME
    app.description = settings.PROJECT_DESCRIPTION
    app.version = settings.VERSION
    # For routes declared on the application itself.
    app.router.route_class = ScopedRoute
    return app


def __getattr__(name: str) -> FastAPI:
    """Create `app` on first access: importing this module reads no settings."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    app = globals()["app"] = create_app()
    return app


def __dir__() -> list[str]:
    """List `app` too, for `fastapi dev`."""
    return [*globals(), "app"]
