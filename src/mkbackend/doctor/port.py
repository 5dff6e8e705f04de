"""The port of the service: free, or taken, and by whom."""

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
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nobody is let in: an address to ask instead
# Windows says the second where another program has the port to itself.
_TAKEN = {errno.EADDRINUSE, getattr(errno, "WSAEACCES", errno.EADDRINUSE)}
_MEND = "Stop what uses it, or set another PORT in .env."


def look(project: Path, serves: Mapping[str, Any]) -> Check:
    """Try to listen as the service would; `serves` are its settings, those of them that are known."""
    host, port = str(serves.get("HOST", "127.0.0.1")), int(serves["PORT"])
    if refusal := _refusal(host, port):
        return _taken(project, host, port, serves) if refusal == "taken" else wrong("port", f"{port}: {refusal}", _MEND)
    return ok("port", f"{port} is free")


def _refusal(host: str, port: int) -> str:
    """Return why nobody can listen there now: taken, or in the system's words."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":  # there it would share the port with who has it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            return (
                "taken" if getattr(error, "errno", None) in _TAKEN else getattr(error, "strerror", None) or str(error)
            )
    return ""


def _taken(project: Path, host: str, port: int, serves: Mapping[str, Any]) -> Check:
    """Tell whether it is the project's own service; another project's would give the same signs of life."""
    process = listener.find(port)
    elsewhere = process and process.folder != project and (process.folder / ".copier-answers.yml").is_file()
    if not elsewhere and _answers(_EVERYWHERE.get(host, host), port, serves):
        return ok("port", f"{port} answers: this project's own service")
    by = f" by {process.name} (process {process.number}) in {process.folder}" if process else ""
    return wrong("port", f"{port} is taken{by}", _MEND)


def _answers(host: str, port: int, serves: Mapping[str, Any]) -> bool:
    """Tell a service of this version and, where it shows its documentation, of this name; as far as they are known."""
    health = _get(host, port, f"{serves.get('API_V1_PREFIX', '/api/v1')}/health")
    if not isinstance(health, dict) or not {"version", "environment"} <= health.keys():
        return False
    described = _get(host, port, "/openapi.json")
    info = described.get("info") if isinstance(described, dict) else None
    title = info.get("title") if isinstance(info, dict) else None
    signs = ((health["version"], serves.get("VERSION")), (title, serves.get("PROJECT_NAME")))
    return all(None in pair or pair[0] == pair[1] for pair in signs)


def _get(host: str, port: int, path: str) -> object:
    """Return what a server answers, as JSON; None where it does not answer well."""
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return json.loads(answer.read(_MOST)) if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
