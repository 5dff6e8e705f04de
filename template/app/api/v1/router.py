"""All routes of version 1.

Each module of this package whose name ends in `_router` is found by its name: a new
slice is a new file, and this one stays as it is.
"""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

from app.api import v1
from app.api.openapi import PROBLEMS

api_v1_router = APIRouter(responses=PROBLEMS)

for _module in iter_modules(v1.__path__, prefix=f"{v1.__name__}."):
    if _module.name.endswith("_router"):
        api_v1_router.include_router(import_module(_module.name).router)
