"""Signs of life, for load balancers and orchestrators."""

from app.api.deps import DatabaseDep, SettingsDep
from app.api.openapi import PUBLIC
from app.api.slice_router import SliceRouter
from app.domain.schemas.common import HealthResponse, ReadinessResponse

router = SliceRouter(prefix="/health", tags=["Health"])


@router.get("", openapi_extra=PUBLIC)
async def health_check(settings: SettingsDep) -> HealthResponse:
    """Tell that the process lives. It asks nobody else."""
    return HealthResponse(version=settings.VERSION, environment=settings.ENVIRONMENT)


@router.get("/ready", openapi_extra=PUBLIC)
async def readiness_check(
    settings: SettingsDep, database: DatabaseDep
) -> ReadinessResponse:
    """Tell whether requests can be served: the database answers, and takes changes.

    A database that is read-only for now serves all that only reads.
    """
    return ReadinessResponse(
        version=settings.VERSION,
        environment=settings.ENVIRONMENT,
        database=await database.ping(),
    )
