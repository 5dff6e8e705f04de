"""Responses with stored files."""

from mimetypes import guess_type
from pathlib import Path

from fastapi.responses import FileResponse, Response, StreamingResponse

from app.kit.files import Download


def file_response(found: Path | Download) -> Response:
    """Return a response with a file, of the type that its name's extension means."""
    if isinstance(found, Path):
        return FileResponse(found)
    return StreamingResponse(
        found.chunks,
        media_type=guess_type(found.name)[0],
        headers={"Content-Length": str(found.size)},
    )
