"""All routes of version 1.

Each module of this package whose name ends in `_router` is found by its name: a new
slice is a new file, and this one stays as it is.
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

# All in one, for whoever includes them elsewhere. The application includes them beside
# each other: FastAPI searches a router within a router twice, for each request.
api_v1_router = APIRouter(responses=PROBLEMS)
for _slice in slices:
    check_routes(_slice)
    api_v1_router.include_router(_slice)
