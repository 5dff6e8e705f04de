"""Calls to the JSON API of a host."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, override

from mkbackend import __version__
from mkbackend.errors import BadInputError, MkbackendError

_SECONDS = 30
_SHOWN = 300


@dataclass(frozen=True)
class Token:
    """A token by the name of its variable, and the permissions that it needs."""

    name: str
    value: str = field(repr=False)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: another address must not get the token."""

    @override
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass(frozen=True)
class Api:
    """The API at an address, called with a token; `fixes` has what to do about a status."""

    url: str
    token: Token
    headers: Mapping[str, str] = field(repr=False)
    fixes: Mapping[int, str] = field(default_factory=dict)

    def get(self, path: str, **query: str | int) -> Any:
        """Return what a path has."""
        return self._call("GET", f"{path}?{urllib.parse.urlencode(query)}")

    def send(self, method: str, path: str, body: Mapping[str, object]) -> Any:
        """Send a body, and return the answer."""
        return self._call(method, path, json.dumps(body).encode())

    def _call(self, method: str, path: str, data: bytes | None = None) -> Any:
        headers = {"User-Agent": f"mkbackend/{__version__}", "Accept": "application/json", **self.headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(_http(self.url) + path, data, headers, method=method)  # noqa: S310 - checked
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(f"{method} {path}", error.code, error.read()) from error
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise MkbackendError(f"{method} {self.url}{path} failed: {reason}", "Run the pipeline again.") from error

    def _refused(self, call: str, status: int, body: bytes) -> MkbackendError:
        """Return the error of a refused call, with the permission that is missing."""
        text = _message(body).replace(self.token.value, "***")
        return MkbackendError(f"{call.partition('?')[0]}: {status} {text}", self.fixes.get(status, ""))


def _http(url: str) -> str:
    """Return an address without its last slash; raise BadInputError unless it is HTTP."""
    if not url.startswith(("https://", "http://")):
        raise BadInputError(f"The address of the API is {url!r}.", "It begins with https://.")
    return url.rstrip("/")


def _message(body: bytes) -> str:
    """Return the words of an error: both hosts have `message`, GitHub details in `errors`."""
    text = body.decode(errors="replace")
    try:
        found = json.loads(text)
        words = [found.get("message") or found.get("error_description") or found.get("error"), found.get("errors")]
    except (ValueError, AttributeError):
        return text[:_SHOWN]
    return " ".join(word if isinstance(word, str) else json.dumps(word) for word in words if word)[:_SHOWN]
