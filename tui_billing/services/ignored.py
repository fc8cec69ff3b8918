"""Ignorierte Kunden und Rechnungen: global, with a reason and an optional last day; they hold for runs only (E11)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.run_selection import is_active
from tui_billing.domain.runs import Ignored, IgnoredKind
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.store.repositories import Repository


@dataclass(frozen=True, slots=True)
class IgnoredView:
    """An entry with what the list shows: number and name of its target, whether it holds today, and its effect:
    unsent documents that runs leave out because of it, in count and EUR."""

    entry: Ignored
    number: str
    name: str
    active: bool
    count: int
    eur: Decimal


def list_ignored(store: Repository, kind: IgnoredKind, today: date) -> list[IgnoredView]:
    """The entries of one list, in the order they were made."""
    entries = store.find(Ignored, "kind", kind)
    if kind is IgnoredKind.CUSTOMER:
        customers = store.get_many(Customer, [e.target_id for e in entries])
        return [_customer_view(store, e, customers.get(e.target_id), today) for e in entries]
    documents = store.get_many(DocumentHead, [e.target_id for e in entries])
    return [_document_view(e, documents.get(e.target_id), today) for e in entries]


def _customer_view(store: Repository, entry: Ignored, customer: Customer | None, today: date) -> IgnoredView:
    unsent = [d for d in store.find(DocumentHead, "customer_id", entry.target_id) if not d.was_sent]
    active = is_active(entry, today)
    number, name = (customer.number, customer.name) if customer else (str(entry.target_id), "")
    return _view(entry, number, name, active, unsent)


def _document_view(entry: Ignored, document: DocumentHead | None, today: date) -> IgnoredView:
    if document is None:
        return IgnoredView(entry, str(entry.target_id), "", is_active(entry, today), 0, Decimal(0))
    unsent = [] if document.was_sent else [document]
    return _view(entry, document.number, document.buyer.name, is_active(entry, today), unsent)


def _view(entry: Ignored, number: str, name: str, active: bool, unsent: Iterable[DocumentHead]) -> IgnoredView:
    held = list(unsent) if active else []
    return IgnoredView(entry, number, name, active, len(held), sum((d.totals.gross for d in held), Decimal(0)))


def ignore(desk: Desk, kind: IgnoredKind, target_ids: Iterable[int], reason: str, until: date | None) -> list[Ignored]:
    """Put customers or documents on the list; an entry that is there gets the new reason and end. Undoable."""
    text = clean(reason).strip()
    if not text:
        raise Refused(Problem("GRUND_FEHLT", N_("Zum Ignorieren gehört ein Grund.")))
    if until is not None and until < desk.today():
        message = N_("Der letzte Tag {until} liegt schon in der Vergangenheit.")
        raise WrongUse(Problem("ENDE_VERGANGEN", message, {"until": until}))
    done = []
    with desk.store.transaction("Ignorieren", reason=text, undoable=True) as tx:
        for target_id in dict.fromkeys(target_ids):
            found = tx.find_one(Ignored, "kind_target", f"{kind}|{target_id}")
            if found is not None:
                done.append(tx.put(replace(found, reason=text, until=until)))
                continue
            entry = Ignored(kind=kind, target_id=target_id, reason=text, until=until)
            done.append(tx.insert(replace(entry, created_at=desk.timestamp(), created_by=desk.user)))
    return done


def stop_ignoring(desk: Desk, entry_ids: Iterable[int]) -> int:
    """Take entries off the lists; returns how many. Undoable."""
    with desk.store.transaction("Nicht mehr ignorieren", undoable=True) as tx:
        entries = tx.get_many(Ignored, entry_ids)
        for entry in entries.values():
            tx.delete(Ignored, entry.id)
    return len(entries)
