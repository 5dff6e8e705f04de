"""Ports to listen on."""

import socket

from app.core.config import ConfigurationError


def check_port(host: str, port: int, setting: str) -> None:
    """Raise an error if a port is taken; a server would only say `errno 98`.

    Raises:
        ConfigurationError: it is taken; the message names the setting.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {host}:{port}: {error.strerror}.\n"
                f"Stop what uses the port, or choose another: set {setting} in .env."
            ) from None
