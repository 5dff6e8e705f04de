"""The application, put together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from loguru import logger

from app.api.openapi import PROBLEMS, setup_openapi
from app.api.v1.account_router import registration
from app.api.v1.router import slices
from app.api.wiring import Shared
from app.core.config import Settings, get_settings
from app.core.logging import setup_logging
from app.core.shutdown import LAST_CALL, last_call
from app.jobs.worker import working
from app.middleware.body_limit import BodyLimitMiddleware
from app.middleware.cors import setup_cors
from app.middleware.error_handler import setup_error_handlers
from app.middleware.head import HeadMiddleware
from app.middleware.logging import RequestLoggingMiddleware
from app.middleware.request_id import RequestIDMiddleware
from app.middleware.security_headers import SecurityHeadersMiddleware
from app.middleware.telemetry import setup_telemetry
from app.middleware.timeout import TimeoutMiddleware
from app.middleware.trusted_host import TrustedHostMiddleware, setup_proxies


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Hold the database open while the application runs."""
    shared: Shared = app.state.shared
    setup_logging(shared.settings)
    engine = await shared.database.connect()
    if shared.telemetry:
        shared.telemetry.start(engine)
    _warn_of_jobs(shared.settings)
    jobs = working(shared) if shared.settings.JOBS_IN_API else nullcontext()
    # Who develops waits for no one.
    with last_call(0 if shared.settings.RELOAD else LAST_CALL):
        async with jobs:
            yield
    if shared.telemetry:
        await shared.telemetry.stop()
    await shared.database.disconnect()


def _warn_of_jobs(settings: Settings) -> None:
    """Say that jobs wait for a worker. In production there is one of its own."""
    if not settings.JOBS_IN_API:
        logger.log(
            "INFO" if settings.ENVIRONMENT == "production" else "WARNING",
            "No worker in this process does jobs: without `python -m app.jobs` or "
            "JOBS_IN_API=true, no mail is sent",
        )


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application. It reads the environment if it is given no settings."""
    settings = settings or get_settings()
    app = _new_app(settings)
    app.state.shared = shared = Shared(settings)

    # The last one added is the first to see a request.
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
    setup_telemetry(app, shared.telemetry)
    app.add_middleware(RequestIDMiddleware)
    setup_proxies(app, settings)

    offered = [*slices, registration] if settings.REGISTRATION_ENABLED else slices
    for router in offered:
        app.include_router(router, prefix=settings.API_V1_PREFIX, responses=PROBLEMS)
    setup_openapi(app, settings)
    return app


def _new_app(settings: Settings) -> FastAPI:
    """Without DEBUG there is no documentation; with it, it asks no other host."""
    if settings.DEBUG:
        app = FastAPIOffline(lifespan=lifespan)
    else:
        app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.title = settings.PROJECT_NAME
    app.description = settings.PROJECT_DESCRIPTION
    app.version = settings.VERSION
    return app


def __getattr__(name: str) -> FastAPI:
    """Make `app` when a server asks for it; importing this module reads nothing."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    app = globals()["app"] = create_app()
    return app


def __dir__() -> list[str]:
    """Name `app` too: `fastapi dev` looks for it here."""
    return [*globals(), "app"]
