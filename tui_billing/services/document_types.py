"""Belegarten: a name for a kind of document with a number range of its own."""

import re
from dataclasses import replace

from tui_billing.domain.documents import DocumentType
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.store.repositories import Repository

RANGE = re.compile(r"[A-Z][A-Z0-9]{0,7}", re.ASCII)


def list_types(store: Repository) -> list[DocumentType]:
    """All Belegarten by name."""
    return sorted(store.scan(DocumentType), key=lambda t: t.name)


def names(store: Repository) -> list[str]:
    """The names of the Belegarten for pick lists."""
    return [t.name for t in list_types(store)]


def unknown(store: Repository, name: str) -> Problem | None:
    """Why there is no such Belegart, with the ones that there are; no name is none and is allowed."""
    if not name or store.find_ids(DocumentType, "name", name):
        return None
    known = names(store)
    some = N_("Die Belegart „{name}“ gibt es nicht; es gibt: {known}. Eine neue legt „invoice type-set“ an.")
    none = N_("Die Belegart „{name}“ gibt es nicht; „invoice type-set“ legt sie an.")
    return Problem("BELEGART_UNBEKANNT", some if known else none, {"name": name, "known": ", ".join(known)}, name)


def need(store: Repository, name: str) -> None:
    """Raises WrongUse where the clerk names a Belegart that there is not: its range would be guessed."""
    if problem := unknown(store, clean(name).strip()):
        raise WrongUse(problem)


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
