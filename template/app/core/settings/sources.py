"""Sources of settings: the environment, .env, secret files, pyproject.toml."""

import os
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    PyprojectTomlConfigSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

# Docker and Kubernetes mount secrets here: a file each, named after the setting.
SECRETS = "/run/secrets"


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the values of a `.env` file as they are written: `${x}` stays.

    Raises:
        SettingsError: the file is not UTF-8.
    """
    if not path.exists() or path.is_dir():
        return {}
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeError:
        text = "\0"
    if "\0" in text:
        raise SettingsError(
            f"{path} is not UTF-8. Save it as UTF-8; `>` in PowerShell 5 writes UTF-16"
        )
    values = dotenv_values(stream=StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value}


class DotenvSource(EnvSettingsSource):
    """The settings of a `.env` file."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path | None) -> None:
        super().__init__(settings_cls)
        self.env_vars = {} if path is None else read_dotenv(path)


class SourcedSettings(BaseSettings):
    """Base class of settings, with their sources."""

    model_config = SettingsConfigDict(
        env_file=".env",
        # DotenvSource reads the file; this only keeps another reader from failing.
        env_file_encoding="latin-1",
        env_ignore_empty=True,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        pyproject_toml_table_header=("tool", "app"),
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secret files after .env, and pyproject.toml last."""
        path = getattr(dotenv_settings, "env_file", None)
        dotenv = DotenvSource(settings_cls, None if path is None else Path(path))
        sources = [init_settings, env_settings, dotenv]
        directory = Path(os.environ.get("SECRETS_DIR") or SECRETS)
        if directory.is_dir():
            sources.append(SecretsSettingsSource(settings_cls, directory))
        return *sources, PyprojectTomlConfigSettingsSource(settings_cls)
