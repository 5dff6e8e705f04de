"""Sources of settings: the environment, .env, secret files, pyproject.toml."""

import os
from pathlib import Path

from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    PyprojectTomlConfigSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

# Docker and Kubernetes mount secrets here: a file each, named after the setting.
SECRETS = "/run/secrets"


class SourcedSettings(BaseSettings):
    """Base class of settings, with their sources."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
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
        sources = [init_settings, env_settings, dotenv_settings]
        directory = Path(os.environ.get("SECRETS_DIR") or SECRETS)
        if directory.is_dir():
            sources.append(SecretsSettingsSource(settings_cls, directory))
        return *sources, PyprojectTomlConfigSettingsSource(settings_cls)
