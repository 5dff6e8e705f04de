"""SQLAlchemy models: one module per table.

Importing this package imports every module in it, so that Alembic sees each table.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__, prefix=f"{__name__}."):
    import_module(_module.name)
