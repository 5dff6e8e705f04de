"""Text of others for a terminal: a control character is shown, never sent."""

import re

# C0 but for line break and tab, DEL, C1, what turns the direction of text, separators of lines, lone surrogates.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNDECODED = range(0xDC80, 0xDD00)


def printable(text: str) -> str:
    """Return a text with its control characters as escapes; lines and tabs stay."""
    return _UNSEEN.sub(lambda found: _escape(found[0]), text)


def on_one_line(text: str) -> str:
    """Return a name so that it stays on its line: of a file it may have a line break in it."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def quoted(word: str) -> str | None:
    """Return a word in the quotes that shells have for control characters; None where it has none."""
    if on_one_line(word) == word:
        return None
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{on_one_line(plain)}'"


def _escape(character: str) -> str:
    """Return one character as shells and Python write it; a byte that is no text of a file name is one byte."""
    code = ord(character)
    if code in _UNDECODED:
        code -= 0xDC00
    elif code >= 0x80:
        return f"\\u{code:04x}"
    return f"\\x{code:02x}"
