"""Escaping of control characters in foreign text for the terminal."""

import re

# C0 except line feed and tab, DEL, C1, bidirectional controls, line separators, lone surrogates.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNDECODED = range(0xDC80, 0xDD00)


def printable(text: str) -> str:
    """Return a text with its control characters escaped, except line feeds and tabs."""
    return _UNSEEN.sub(lambda found: _escape(found[0]), text)


def on_one_line(text: str) -> str:
    """Return a text with line feeds and tabs escaped too: file names may contain them."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def quoted(word: str) -> str | None:
    """Return a word in the shell's $'…' quotes, or None if it has no control characters."""
    if on_one_line(word) == word:
        return None
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{on_one_line(plain)}'"


def _escape(character: str) -> str:
    """Return the escape of one character, as in shells and Python; an undecodable byte becomes one byte."""
    code = ord(character)
    if code in _UNDECODED:
        code -= 0xDC00
    elif code >= 0x80:
        return f"\\u{code:04x}"
    return f"\\x{code:02x}"
