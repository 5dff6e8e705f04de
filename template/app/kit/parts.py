"""Optional parts: packages of the kit that have a module `settings`.

They are discovered, and no other code names them: to leave one out, delete its folder.
"""

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import cast

from app import kit
from app.core.config import Settings, read_all
from app.core.settings.sources import SourcedSettings
from app.kit.hooks import Hooks


class PartSettings(SourcedSettings):
    """Settings of one part; what they do not enable is not imported."""

    def join(self, hooks: Hooks, settings: Settings) -> None:
        """Add the hooks that the settings enable."""

    def around_server(self, settings: Settings) -> AbstractContextManager[None]:
        """Surround the server, in the process that starts its workers.

        Raises:
            ConfigurationError: a setting does not work on this machine.
        """
        return nullcontext()


def settings_classes() -> list[type[SourcedSettings]]:
    """Return the settings classes of the service and its parts."""
    for package in iter_modules(kit.__path__, f"{kit.__name__}."):
        if package.ispkg and find_spec(f"{package.name}.settings"):
            import_module(f"{package.name}.settings")
    return [Settings, *PartSettings.__subclasses__()]


def read_settings() -> tuple[Settings, list[PartSettings]]:
    """Read the settings of the service and those of its parts.

    Raises:
        ConfigurationError: variables are missing or invalid; the message names all.
    """
    settings, *parts = read_all(settings_classes())
    return cast(Settings, settings), cast(list[PartSettings], parts)
