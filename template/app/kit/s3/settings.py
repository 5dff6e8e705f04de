"""Settings of the bucket of files, which replaces UPLOAD_DIR if it is set."""

import re
from importlib.util import find_spec
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from app.core.config import Settings
from app.core.settings.types import PublicUrl
from app.kit.hooks import Hooks
from app.kit.parts import PartSettings

NEEDING = (
    "S3_ENDPOINT",
    "S3_REGION",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
)
# Stores other than AWS's accept longer names than AWS, and underscores.
BUCKET = re.compile(r"[\w-][\w.-]{1,254}", re.ASCII)
PREFIX = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)
REGION = re.compile(r"[\w-]+", re.ASCII)


def _bucket(value: str) -> str:
    if not BUCKET.fullmatch(value):
        raise ValueError("must be a bucket's name; its address goes into S3_ENDPOINT")
    return value


def _prefix(value: str) -> str:
    if not PREFIX.fullmatch(value.strip("/")):
        raise ValueError("must be a path such as uploads or shop/uploads")
    return value.strip("/")


def _region(value: str) -> str:
    if not REGION.fullmatch(value):
        raise ValueError("must be a region such as eu-central-1")
    return value


def _without_keys(value: str) -> str:
    if "@" in value:
        raise ValueError(
            "must not contain keys: use S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY"
        )
    return value


class S3Settings(PartSettings):
    """Settings of the bucket; nothing is stored there without S3_BUCKET."""

    S3_BUCKET: Annotated[str, AfterValidator(_bucket)] | None = None
    # Everything directly below it belongs to the service, which deletes orphans
    S3_PREFIX: Annotated[str, AfterValidator(_prefix)] = "uploads"
    # URL of a store other than AWS's
    S3_ENDPOINT: Annotated[PublicUrl, AfterValidator(_without_keys)] | None = None
    S3_REGION: Annotated[str, AfterValidator(_region)] | None = None
    # Without them, the role that AWS gives the machine or the pod
    S3_ACCESS_KEY_ID: SecretStr | None = None
    S3_SECRET_ACCESS_KEY: SecretStr | None = None

    @model_validator(mode="after")
    def _are_complete(self) -> Self:
        if self.S3_BUCKET is None:
            given = [name for name in NEEDING if getattr(self, name) is not None]
            if given:
                raise ValueError(f"S3_BUCKET is missing: {given[0]} has no effect")
            return self
        if (self.S3_ACCESS_KEY_ID is None) != (self.S3_SECRET_ACCESS_KEY is None):
            raise ValueError(
                "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY need each other: set both, "
                "or neither to use the role of the machine"
            )
        if self.S3_ENDPOINT is None and self.S3_REGION is None:
            raise ValueError(
                "S3_REGION is missing: set the region of the bucket, or S3_ENDPOINT if "
                "it is not at AWS"
            )
        return self

    @model_validator(mode="after")
    def _package_is_installed(self) -> Self:
        if self.S3_BUCKET and find_spec("obstore") is None:
            raise ValueError(
                "S3_BUCKET needs the s3 extra: "
                "pip install '.[s3]' or uv sync --extra s3"
            )
        return self

    def join(self, hooks: Hooks, settings: Settings) -> None:
        """Import the store and let it replace the directory."""
        if self.S3_BUCKET is None:
            return
        from app.kit.s3.bucket import Bucket
        from app.kit.s3.client import Keys, make_store

        keys = None
        if self.S3_ACCESS_KEY_ID and self.S3_SECRET_ACCESS_KEY:
            keys = Keys(self.S3_ACCESS_KEY_ID, self.S3_SECRET_ACCESS_KEY)
        store = make_store(
            self.S3_BUCKET,
            self.S3_PREFIX,
            endpoint=self.S3_ENDPOINT,
            region=self.S3_REGION,
            keys=keys,
        )
        hooks.files.append(Bucket(store))
