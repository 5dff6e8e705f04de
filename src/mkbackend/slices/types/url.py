"""URLs."""

import re

from mkbackend.slices.types.text import BoundedText

_LABEL = r"(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# A last label that begins with a digit could be the end of an IPv4 address, which has other forms.
_TOP = r"(?!xn--)[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r":(?P<port>0|[1-9][0-9]{0,4})"
# The service leaves out the usual port of a scheme.
_USUAL_PORTS = {"http": "80", "https": "443"}
_LAST_PORT = 65535
# Segments that begin with a dot could be relative to others.
_PATH = r"(/(?!\.)[A-Za-z0-9._~-]*)+"
_QUERY = r"\?[A-Za-z0-9._~/=&+,;:@-]+"
_URL = re.compile(rf"(?P<scheme>https?)://({_LABEL}\.)*{_TOP}({_PORT})?{_PATH}({_QUERY})?")


class Url(BoundedText):
    """A URL of http or https, in the form that the service gives it: such text is ASCII."""

    type = "url"
    syntax = "url: a default is written in full, such as url=https://example.com/docs"
    searchable = False
    # ASCII of this length fits in an index entry of 2700 bytes.
    longest = 2083
    imports = ("from app.domain.schemas.types import HttpUrlText",)
    request = "HttpUrlText"
    wrong_values = ('""', '"x"', '"ftp://example.com/"', '"https://"', '"https://x.com/" + "x" * 2083', "1")

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid, and as the service stores it but for a missing path."""
        stored = self.default_in_sql(default)
        if len(stored) > self.length or not (found := _URL.fullmatch(stored)):
            return False
        return found["port"] != _USUAL_PORTS[found["scheme"]] and int(found["port"] or 0) <= _LAST_PORT

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return super().default_source(self.default_in_sql(text))

    def default_in_sql(self, text: str) -> str:
        """Return a default with a path, as the service stores it."""
        return f"{text}/" if text.count("/") == 2 and "?" not in text else text

    @property
    def sample_of_one(self) -> str:
        """Return a test value; with zeros, every collation sorts it alike."""
        return 'f"https://example.com/{number:06}"'
