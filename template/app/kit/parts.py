"""Parts that can be left out: packages of the kit that have a module `settings`.

They are found by listing. Nothing else names them, so that a project without one lacks
its folder and nothing more.
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
    """Settings of one part. What they do not ask for is not imported."""

    def join(self, hooks: Hooks, settings: Settings) -> None:
        """Add the hooks that the settings ask for."""

    def around_server(self, settings: Settings) -> AbstractContextManager[None]:
        """Surround the server, in the process that starts its workers.

        Raises:
            ConfigurationError: the settings do not fit this machine.
        """
        return nullcontext()


def settings_classes() -> list[type[SourcedSettings]]:
    """Return the settings class of the service, and that of each part it has."""
    for package in iter_modules(kit.__path__, f"{kit.__name__}."):
        if package.ispkg and find_spec(f"{package.name}.settings"):
            import_module(f"{package.name}.settings")
    return [Settings, *PartSettings.__subclasses__()]


def read_settings() -> tuple[Settings, list[PartSettings]]:
    """Read the settings of the service and those of its parts.

    Raises:
        ConfigurationError: variables are missing or wrong; all are named.
    """
    settings, *parts = read_all(settings_classes())
    return cast(Settings, settings), cast(list[PartSettings], parts)
