"""What a picture may be."""

from enum import StrEnum


class PictureType(StrEnum):
    """The types that are taken, as names of files end."""

    JPEG = "jpg"
    PNG = "png"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """The type, as HTTP spells it."""
        return "image/jpeg" if self is PictureType.JPEG else f"image/{self}"


# So many bytes tell the type.
BEGINNING = 12


def picture_type(content: bytes) -> PictureType | None:
    """Tell the type by how the content begins, whatever its sender says."""
    if content.startswith(b"\xff\xd8\xff"):
        return PictureType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureType.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return PictureType.WEBP
    return None
