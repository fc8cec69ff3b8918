"""Belegarten: a name for a kind of document with a number range of its own."""

import re
from dataclasses import replace

from tui_billing.domain.documents import DocumentType
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.store.repositories import Repository

RANGE = re.compile(r"[A-Z][A-Z0-9]{0,7}", re.ASCII)


def list_types(store: Repository) -> list[DocumentType]:
    """All Belegarten by name."""
    return sorted(store.scan(DocumentType), key=lambda t: t.name)


def save_type(desk: Desk, wanted: DocumentType) -> DocumentType:
    """Add or change the Belegart of this name. Raises Refused for an empty name or a range that is no prefix."""
    name, number_range = clean(wanted.name).strip(), wanted.number_range.strip().upper()
    if not name:
        raise Refused(Problem("BELEGART_OHNE_NAME", N_("Eine Belegart braucht einen Namen."), where="name"))
    if not RANGE.fullmatch(number_range):
        text = N_("Der Nummernkreis besteht aus bis zu acht Großbuchstaben und Ziffern, etwa RE oder BR.")
        raise Refused(Problem("NUMMERNKREIS_UNGUELTIG", text, where="range"))
    with desk.store.transaction(f"Belegart {name} gespeichert", undoable=True) as tx:
        known = tx.find_one(DocumentType, "name", name)
        fresh = replace(known or wanted, name=name, kind=wanted.kind, number_range=number_range)
        return tx.put(fresh) if known else tx.insert(fresh)
