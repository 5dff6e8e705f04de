"""Settings of the bucket."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from app.container import Container
from app.core.config import Settings
from app.kit.files import FileStore
from app.kit.s3 import settings as s3_settings
from app.kit.s3.settings import S3Settings
from tests.s3 import KEYS, NAME, bucket

ENDPOINT = "http://localhost:9000"


def test_a_missing_package_is_reported_with_the_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_settings, "find_spec", lambda _: None)
    with pytest.raises(ValidationError, match=r"S3_BUCKET needs.*uv sync --extra s3"):
        bucket(ENDPOINT)
    S3Settings(_env_file=None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"S3_BUCKET": "https://s3.example.com/b"}, "S3_BUCKET.*S3_ENDPOINT"),
        ({"S3_BUCKET": None}, "S3_BUCKET is missing: S3_ENDPOINT has no effect"),
        ({"S3_PREFIX": "../secrets"}, "S3_PREFIX.*such as uploads"),
        ({"S3_PREFIX": "/"}, "S3_PREFIX.*such as uploads"),
        ({"S3_ENDPOINT": "s3.example.com"}, "S3_ENDPOINT"),
        ({"S3_ENDPOINT": "https://key:testsecret@s3.example.com"}, "S3_ACCESS_KEY_ID"),
        ({"S3_ENDPOINT": None}, "S3_REGION is missing.*S3_ENDPOINT"),
        ({"S3_REGION": "Frankfurt am Main"}, "S3_REGION.*such as eu-central-1"),
        ({"S3_ACCESS_KEY_ID": None}, "need each other: set both"),
        ({"S3_SECRET_ACCESS_KEY": None}, "need each other: set both"),
    ],
)
def test_invalid_settings_are_named_with_the_fix_and_without_secrets(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=f"(?s){message}") as refused:
        bucket(ENDPOINT, **{"S3_ENDPOINT": ENDPOINT, **values})
    for key in KEYS.values():
        assert key not in str(refused.value)


def test_slashes_around_the_prefix_are_ignored() -> None:
    [settings] = bucket(ENDPOINT, S3_PREFIX="/shop/uploads/")
    assert settings.S3_PREFIX == "shop/uploads"


def test_at_aws_the_region_suffices_and_the_machine_has_a_role(
    settings: Settings,
) -> None:
    at_aws = S3Settings(_env_file=None, S3_BUCKET=NAME, S3_REGION="eu-central-1")
    assert not isinstance(Container(settings, [at_aws]).uploads, FileStore)


def test_without_a_bucket_the_directory_is_used_and_nothing_imported() -> None:
    code = """
import sys
from app.container import Container
from app.core.config import Settings
from app.kit.files import FileStore
from app.kit.s3.settings import S3Settings
key = "f3b1c9d27a5e8046" * 2
settings = Settings(_env_file=None, ENVIRONMENT="test", DB_PASSWORD=key,
    JWT_SECRET_KEY=key, JWT_REFRESH_SECRET_KEY=key[::-1])
uploads = Container(settings, [S3Settings(_env_file=None)]).uploads
assert isinstance(uploads, FileStore)
assert "obstore" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
