"""E-mail addresses: the form to compare, and the form for mail servers."""

import re
from unicodedata import normalize

import idna

SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
FINAL_SIGMA = "\N{GREEK SMALL LETTER FINAL SIGMA}"
DOMAIN = re.compile(r"(?<=@)[^\s@>]+")


def canonical_email(email: str) -> str:
    """Return the form that equal e-mails share, however they are typed.

    They differ in case, in Unicode normalisation (NFC) and in the form of the domain
    (U-label). Letters are folded one by one: final sigma is a sigma, but ß is not ss,
    and dotless i is not i. Compare this form only; write to the e-mail as given.
    """
    local, at, domain = email.strip().rpartition("@")
    return f"{_folded(local)}{at}{_unicode_domain(domain.rstrip('.'))}"


def with_ascii_domain(text: str) -> str:
    """Write the domains of e-mails as A-labels, which every mail server takes."""
    return DOMAIN.sub(lambda found: _ascii_domain(found[0]), text)


def _folded(text: str) -> str:
    # lower() picks the sigma by its place in the word.
    return normalize("NFC", text.lower().replace(FINAL_SIGMA, SIGMA))


def _unicode_domain(domain: str) -> str:
    try:
        return idna.decode(domain, uts46=True)
    except UnicodeError:
        return _folded(domain)


def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return domain
