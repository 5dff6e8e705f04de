"""Settings and a local server for the tests of the bucket."""

from typing import Any

from app.kit.s3.settings import S3Settings

NAME = "pictures"
KEYS = {"S3_ACCESS_KEY_ID": "testkey", "S3_SECRET_ACCESS_KEY": "testsecret"}


def bucket(endpoint: str, **values: Any) -> list[S3Settings]:
    """Return the settings of a bucket at this address, for `create_app`."""
    given = {"S3_BUCKET": NAME, "S3_ENDPOINT": endpoint, **KEYS, **values}
    return [S3Settings(_env_file=None, **given)]
