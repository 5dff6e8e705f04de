"""All routes of version 1.

Modules of this package whose names end in `_router` are discovered: a new slice is a
new file.
"""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

from app.api import v1
from app.api.openapi import PROBLEMS
from app.api.slice_router import check_routes

slices: list[APIRouter] = [
    import_module(module.name).router
    for module in iter_modules(v1.__path__, prefix=f"{v1.__name__}.")
    if module.name.endswith("_router")
]

# All in one, to include elsewhere. The application adds the slices separately: FastAPI
# searches a nested router twice per request.
api_v1_router = APIRouter(responses=PROBLEMS)
for _slice in slices:
    check_routes(_slice)
    api_v1_router.include_router(_slice)
