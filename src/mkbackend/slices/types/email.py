"""E-mail addresses."""

import re

from mkbackend.slices.types.text import BoundedText

_LOCAL = r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*"
_LABEL = r"(?!xn--)[a-z0-9]([a-z0-9-]*[a-z0-9])?"
# The service accepts no mail for domains that are reserved for special uses.
_TOP = r"(?!(arpa|invalid|local|localhost|onion|test)$)[a-z]{2,63}"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@({_LABEL}\.)+{_TOP}")


class Email(BoundedText):
    """An e-mail address in its canonical form, so that equal addresses are equal text."""

    type = "email"
    syntax = "email: a default is written in lower case"
    searchable = False
    longest = 254
    imports = ("from app.domain.schemas.user import CanonicalEmail",)
    request = "CanonicalEmail"
    wrong_values = ('""', '"x"', '"ada@nowhere.test"', '"Ada <ada@example.com>"', "1")

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid, and in the form that the service stores."""
        labels = default.rpartition("@")[2].split(".")
        short = len(default) <= self.length and all(len(label) <= 63 for label in labels)
        return short and _ADDRESS.fullmatch(default) is not None

    @property
    def sample_of_one(self) -> str:
        """Return a test value; with zeros, every collation sorts it alike."""
        return 'f"ada{number:06}@example.com"'
