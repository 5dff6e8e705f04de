"""Picture formats."""

from enum import StrEnum


class PictureType(StrEnum):
    """The accepted formats, by file extension."""

    JPEG = "jpg"
    PNG = "png"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """Return the media type."""
        return "image/jpeg" if self is PictureType.JPEG else f"image/{self}"


# The number of leading bytes that identify the format.
BEGINNING = 12


def picture_type(content: bytes) -> PictureType | None:
    """Return the format by the leading bytes, whatever the Content-Type."""
    if content.startswith(b"\xff\xd8\xff"):
        return PictureType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureType.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return PictureType.WEBP
    return None
