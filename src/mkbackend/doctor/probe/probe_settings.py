"""The settings of the service: their problems and known names."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probe_words import Report, plainly

SERVES = ("HOST", "PORT", "API_V1_PREFIX", "PROJECT_NAME", "VERSION")
# Other text in .env may be part of a multi-line secret.
NAME = re.compile(r"[A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*")


def read_dotenv() -> dict[str, str]:
    """Return the values of .env as they are written."""
    from dotenv import dotenv_values

    values = dotenv_values(".env", encoding="utf-8-sig", interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def report_settings(dotenv: dict[str, str]) -> Report:
    """Return the problems that prevent a start, and the settings of the server."""
    from app.core.config import ConfigurationError, Settings

    read = reader()
    given = sorted(name for name in dotenv if NAME.fullmatch(name))
    names: Report = {"known": sorted(names_of(Settings) | names_of_compose()), "given": given}
    try:
        settings = read()
    except ConfigurationError as error:
        first, *lines = str(error).splitlines()
        return names | {"problems": [plainly(line) for line in lines or [first]]}
    weak = ["DB_PASSWORD"] if settings.DATABASE_URL is None and is_weak(settings.DB_PASSWORD) else []
    serves = {name: getattr(settings, name) for name in SERVES}
    does_jobs = getattr(settings, "JOBS_IN_API", None)
    return names | {"problems": [], "weak": weak, "serves": serves, "jobs_in_api": does_jobs}


def reader() -> Callable[[], Any]:
    """Return the function that reads the settings, since 0.9 including those of the kit's parts."""
    from app.core.config import get_settings

    if not (Path("app") / "kit" / "parts.py").exists():
        return get_settings
    from app.kit.parts import read_settings, settings_classes

    settings_classes()  # imports the classes, so that names_of finds them
    return lambda: read_settings()[0]


def is_weak(password: Any) -> bool:
    """Return whether production would reject a database password."""
    from app.core import config

    return bool(config.is_weak(password, length=12))  # type: ignore[attr-defined]  # every version imports it there


def names_of(settings: Any) -> set[str]:
    """Return the variables that these settings and the owner's own settings classes read."""
    from pydantic_settings import BaseSettings

    kinds, names = [settings], set[str]()
    for kind in kinds:
        prefix = kind.model_config.get("env_prefix", "")
        for name, field in kind.model_fields.items():
            alias = field.validation_alias or field.alias
            names.update(map(str, getattr(alias, "choices", [alias or prefix + name])))
        others = (*kind.__subclasses__(), *BaseSettings.__subclasses__())
        kinds += [other for other in others if other not in kinds and other.__module__.startswith("app.")]
    return names


def names_of_compose() -> set[str]:
    """Return the variables that the compose files read from .env."""
    texts = (path.read_text(encoding="utf-8") for path in Path("docker").glob("*.y*ml"))
    return {name for text in texts for name in re.findall(r"\$\{(\w+)", text)}
