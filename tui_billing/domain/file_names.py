"""Names of files that leave the house (rules E5, E8): [A-Za-z0-9._-] only, no path part, no name twice."""

import re
import unicodedata
from collections.abc import Sequence

from tui_billing.domain.documents import TITLES, Document

_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae"}
)
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_PART = 80


def safe(text: str) -> str:
    """A part of a file name: umlauts spelt out, anything else that is not allowed becomes one hyphen."""
    spelt = unicodedata.normalize("NFC", text).translate(_UMLAUTS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))
    parts = (part.strip(".-") for part in _FORBIDDEN.sub("-", plain).split("-"))
    joined = "-".join(part for part in parts if part)
    return re.sub(r"\.{2,}", ".", joined)[:_MAX_PART].strip(".-_")


def document_file_name(
    document: Document, pattern: str = "type_number", copy: bool = False, extension: str = ".pdf"
) -> str:
    """Belegart and number, with the customer's number in front or behind where the pattern says so (pdf.file_name)."""
    kind = safe(document.document_type) or safe(TITLES[document.kind])
    number = safe(document.number) or "ohne-Nummer"
    customer = safe(document.buyer.number)
    parts = {
        "type_number": [kind, number],
        "customer_type_number": [customer, kind, number],
        "type_number_customer": [kind, number, customer],
    }[pattern]
    name = "_".join(part for part in parts if part) + extension
    return copy_name(name) if copy else name


def copy_name(name: str) -> str:
    """What a copy of this file is called (E8)."""
    return f"Kopie_{name}"


def unique(names: Sequence[str]) -> list[str]:
    """The names in order; one that stands already (in any case) gets _2, _3 … before its ending."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    result = []
    for name in names:
        chosen = name
        if name.lower() in seen:
            chosen = _numbered(name, taken | seen)
        seen.add(chosen.lower())
        result.append(chosen)
    return result


def _numbered(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    n = 2
    while f"{stem}_{n}{dot}{ending}".lower() in taken:
        n += 1
    return f"{stem}_{n}{dot}{ending}"
