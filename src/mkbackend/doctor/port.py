"""Check of the service's port: free, or in use and by which process."""

import errno
import http.client
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkbackend.doctor import listener
from mkbackend.doctor.checks import Check, ok, wrong

_SECONDS, _MOST = 2.0, 10_000_000
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound: mapped to loopback addresses
# Windows reports the second if another program uses the port exclusively.
_TAKEN = {errno.EADDRINUSE, getattr(errno, "WSAEACCES", errno.EADDRINUSE)}
_FIX = "Stop the process, or set another PORT in .env."


def look(project: Path, serves: Mapping[str, Any]) -> Check:
    """Try to listen like the service; `serves` are its settings, as far as known."""
    host, port = str(serves.get("HOST", "127.0.0.1")), int(serves["PORT"])
    if refusal := _refusal(host, port):
        return _taken(project, host, port, serves) if refusal == "taken" else wrong("port", f"{port}: {refusal}", _FIX)
    return ok("port", f"{port} is free")


def _refusal(host: str, port: int) -> str:
    """Return why the port cannot be bound: `taken`, or the system's message; empty if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":  # there the option would share a port in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            return (
                "taken" if getattr(error, "errno", None) in _TAKEN else getattr(error, "strerror", None) or str(error)
            )
    return ""


def _taken(project: Path, host: str, port: int, serves: Mapping[str, Any]) -> Check:
    """Report the process on the port; another project's service would pass the same health check."""
    process = listener.find(port)
    elsewhere = process and process.folder != project and (process.folder / ".copier-answers.yml").is_file()
    if not elsewhere and _answers(_EVERYWHERE.get(host, host), port, serves):
        return ok("port", f"{port} is used by this project's own service")
    by = f" by {process.name} (process {process.number}) in {process.folder}" if process else ""
    return wrong("port", f"{port} is in use{by}", _FIX)


def _answers(host: str, port: int, serves: Mapping[str, Any]) -> bool:
    """Return whether a service has this version, and this name if it serves its documentation; as far as known."""
    health = _get(host, port, f"{serves.get('API_V1_PREFIX', '/api/v1')}/health")
    if not isinstance(health, dict) or not {"version", "environment"} <= health.keys():
        return False
    described = _get(host, port, "/openapi.json")
    info = described.get("info") if isinstance(described, dict) else None
    title = info.get("title") if isinstance(info, dict) else None
    signs = ((health["version"], serves.get("VERSION")), (title, serves.get("PROJECT_NAME")))
    return all(None in pair or pair[0] == pair[1] for pair in signs)


def _get(host: str, port: int, path: str) -> object:
    """Return the JSON of a response; None if the request fails."""
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return json.loads(answer.read(_MOST)) if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
