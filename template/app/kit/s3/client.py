"""The client of a bucket: its address, keys, timeouts and retries."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import S3Store
from pydantic import SecretStr

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Credential

# Of one request; `timeout` includes a download, which a slow client may delay.
REQUEST: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=3),
    "read_timeout": timedelta(seconds=10),
    "timeout": timedelta(seconds=60),
    "allow_http": True,
}
RETRIES: "RetryConfig" = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"max_backoff": timedelta(seconds=1)},
}


@dataclass(frozen=True)
class Keys:
    """An access key with its secret."""

    id: SecretStr
    secret: SecretStr

    def __call__(self) -> "S3Credential":
        """Return both as the client expects them."""
        return {
            "access_key_id": self.id.get_secret_value(),
            "secret_access_key": self.secret.get_secret_value(),
            "expires_at": None,
        }


def make_store(
    bucket: str,
    prefix: str,
    *,
    endpoint: str | None,
    region: str | None,
    keys: Keys | None,
) -> S3Store:
    """Return the client of a bucket; without keys, it has the machine's role."""
    # Not every store has a request that deletes several files.
    config: S3Config = {"disable_bulk_delete": True}
    if endpoint is not None:
        config["aws_endpoint_url_s3"] = endpoint
    if region is not None:
        config["region"] = region
    return S3Store(
        bucket,
        prefix=prefix,
        config=config,
        client_options=REQUEST,
        retry_config=RETRIES,
        # Not in the configuration: there, AWS_SESSION_TOKEN would join them.
        credential_provider=keys,
    )
