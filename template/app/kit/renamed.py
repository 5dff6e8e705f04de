"""Old names of methods and attributes: they still work, with a warning.

To remove them, delete every line that uses this module, and the module.
"""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, cast


def renamed[Method: Callable[..., Any]](method: Method) -> Method:
    """Return a method under its old name: `old = renamed(new)` in the class."""

    @wraps(method)
    def call(self: object, *arguments: Any, **options: Any) -> Any:
        _warn(self, method.__name__)
        return getattr(self, method.__name__)(*arguments, **options)

    return cast(Method, call)


class RenamedAttribute[Value]:
    """An attribute under its old name: `old = RenamedAttribute[Type]("new")`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, _: type) -> Value:
        """Return the value of the attribute."""
        _warn(instance, self._name)
        return cast(Value, getattr(instance, self._name))


def _warn(instance: object, name: str) -> None:
    # The warning shows the line that uses the old name.
    warnings.warn(
        f"Renamed to {type(instance).__name__}.{name}; the old name will be removed",
        DeprecationWarning,
        stacklevel=3,
    )
