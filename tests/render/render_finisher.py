"""A finisher as the workers load it by name: marks the file, or misbehaves as the document's footer asks."""

import os

from tui_billing.domain.documents import Document


def finish(document: Document, data: bytes) -> bytes:
    """Append a comment; die or fail where the footer says so."""
    if document.footer_text == "DIE":
        os._exit(9)
    if document.footer_text == "RAISE":
        raise ValueError("broken data")
    return data + b"\n%finished " + document.number.encode()
