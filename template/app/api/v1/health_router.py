"""Health checks, for load balancers and orchestrators."""

from fastapi import APIRouter

from app.api.deps import DatabaseDep, SettingsDep
from app.api.openapi import PUBLIC
from app.domain.schemas.common import HealthResponse, ReadinessResponse

# Opens no scope: probes need no session, and come often.
router = APIRouter(prefix="/health", tags=["Health"])


@router.get("", openapi_extra=PUBLIC)
async def health_check(settings: SettingsDep) -> HealthResponse:
    """Report that the process is running. Checks no dependency."""
    return HealthResponse(version=settings.VERSION, environment=settings.ENVIRONMENT)


@router.get("/ready", openapi_extra=PUBLIC)
async def readiness_check(
    settings: SettingsDep, database: DatabaseDep
) -> ReadinessResponse:
    """Report whether the database answers, and whether it accepts writes.

    A read-only database, as during a failover, still serves reads.
    """
    return ReadinessResponse(
        version=settings.VERSION,
        environment=settings.ENVIRONMENT,
        database=await database.ping(),
    )
