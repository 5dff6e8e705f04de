"""The context of a request or of a job."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The client's address and the request's id; a job has those of its request."""

    address: str
    request_id: str
