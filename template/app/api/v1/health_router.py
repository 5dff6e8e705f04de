"""Signs of life, for load balancers and orchestrators."""

from app.api.deps import DatabaseDep, SettingsDep
from app.api.openapi import PUBLIC
from app.api.slice_router import SliceRouter
from app.domain.schemas.common import HealthResponse

router = SliceRouter(prefix="/health", tags=["Health"])


@router.get("", openapi_extra=PUBLIC)
async def health_check(settings: SettingsDep) -> HealthResponse:
    """Tell that the process lives. It asks nobody else."""
    return HealthResponse(version=settings.VERSION, environment=settings.ENVIRONMENT)


@router.get("/ready", openapi_extra=PUBLIC)
async def readiness_check(
    settings: SettingsDep, database: DatabaseDep
) -> HealthResponse:
    """Tell whether requests can be served: the database answers."""
    await database.ping()
    return HealthResponse(version=settings.VERSION, environment=settings.ENVIRONMENT)
