"""Listening ports."""

import socket

from app.core.config import ConfigurationError


def check_port(host: str, port: int, setting: str) -> None:
    """Check that a port is free; a server's own error is only `errno 98`.

    Raises:
        ConfigurationError: the port is in use; the message names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {host}:{port}: {error.strerror}.\n"
                f"Stop the process that uses it, or set another {setting} in .env."
            ) from None
