"""Kunden: find, check, save, delete or block (A10.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tui_billing.domain.codec import encode
from tui_billing.domain.countries import is_country
from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.inputs import parse_email, parse_iban, parse_leitweg_id, parse_vat_id
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import (
    TERM_DAYS_MAX,
    TERM_MONTHS_MAX,
    Address,
    Customer,
    PaymentTerms,
    default_format,
)
from tui_billing.domain.retention import minimised, retention_end
from tui_billing.domain.runs import Ignored, IgnoredKind
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse, not_found
from tui_billing.services.snapshots import follow_customer
from tui_billing.store.repositories import Repository, Transaction

RANGE = "KD"
FIRST_NUMBER = 10000


@dataclass(frozen=True, slots=True)
class ErasePlan:
    """What a request for erasure does: the record goes (`deletes`), or is blocked and minimised until `until`."""

    customer: Customer
    deletes: bool
    documents: int
    until: date | None


def customer_by_number(store: Repository, number: str) -> Customer:
    """The customer that the clerk names. Raises WrongUse where there is none."""
    found = store.find_one(Customer, "number", number.strip())
    if found is None:
        raise not_found(N_("Kunde"), number)
    return found


def checked(customer: Customer) -> tuple[Customer, list[Problem]]:
    """The record with its inputs normalised, and what is wrong with them (E3, F3, F4); pure."""
    problems: list[Problem] = []

    def field(name: str, value: str, parse: Any) -> str:
        if not value.strip():
            return ""
        parsed, found = parse(value)
        problems.extend(replace(p, where=p.where or name) for p in found)
        return value.strip() if parsed is None else str(parsed)

    emails = tuple(dict.fromkeys(field("emails", e, parse_email) for e in customer.emails if e.strip()))
    fresh = replace(
        customer,
        number=clean(customer.number).strip(),
        name=clean(customer.name).strip(),
        address=replace(customer.address, country=clean(customer.address.country).strip().upper() or "DE"),
        emails=emails,
        vat_id=field("vat_id", customer.vat_id, parse_vat_id),
        iban=field("iban", customer.iban, parse_iban),
        registration_id=clean(customer.registration_id).strip(),
        leitweg_id=field("leitweg_id", customer.leitweg_id, parse_leitweg_id),
    )
    if not fresh.name:
        problems.append(Problem("NAME_FEHLT", N_("Der Name fehlt."), where="name"))
    problems += _limits(fresh)
    if fresh.cutoff_day is not None and not 1 <= fresh.cutoff_day <= 31:
        problems.append(Problem("STICHTAG", N_("Der Stichtag ist ein Tag von 1 bis 31."), where="cutoff_day"))
    return fresh, problems


def _limits(customer: Customer) -> list[Problem]:
    """Country, language and payment terms that there are."""
    terms, problems = customer.terms, []
    if not is_country(customer.address.country):
        text = N_("„{text}“ ist kein Land; zwei Buchstaben wie DE oder AT angeben.")
        problems.append(Problem("LAND", text, {"text": customer.address.country}, "address.country"))
    if customer.language not in ("de", "en"):
        text = N_("Belege gibt es auf Deutsch (de) und Englisch (en), nicht „{text}“.")
        problems.append(Problem("SPRACHE", text, {"text": customer.language}, "language"))
    days = (("terms.days", terms.days, TERM_DAYS_MAX), ("terms.skonto_days", terms.skonto_days, TERM_DAYS_MAX))
    for where, value, most in (*days, ("terms.months", terms.months, TERM_MONTHS_MAX)):
        if not 0 <= value <= most:
            text = N_("„{text}“ ist keine Frist von 0 bis {most}.")
            problems.append(Problem("FRIST", text, {"text": value, "most": most}, where))
    if not 0 <= terms.skonto_percent <= 100:
        text = N_("„{text}“ ist kein Skonto von 0 bis 100 Prozent.")
        problems.append(Problem("SKONTO", text, {"text": terms.skonto_percent}, "terms.skonto_percent"))
    return problems


def save_customer(desk: Desk, customer: Customer) -> Customer:
    """Store a new customer (id 0; without a number it gets the next) or a changed one. Undoable.

    A record as it is stored already is given back, and nothing is written.
    His open documents take the new address with it, so that a row that failed for it can go out.
    Raises WrongUse for wrong inputs, NotUnique for a number that is taken, Stale where a colleague was faster.
    """
    fresh, problems = checked(customer)
    if errors := [p for p in problems if not p.warning]:
        raise WrongUse(*errors)
    if (known := desk.store.get(Customer, fresh.id)) is not None and replace(fresh, rev=known.rev) == known:
        return known
    why = f"Kunde {fresh.number or fresh.name} {'geändert' if fresh.id else 'angelegt'}"
    with desk.store.transaction(why, undoable=True) as tx:
        if fresh.id:
            stored = tx.put(fresh, expect_rev=fresh.rev)
            follow_customer(tx, stored)
            return stored
        return tx.insert(replace(fresh, number=fresh.number or next_number(tx)))


def next_number(tx: Transaction) -> str:
    """The next free customer number: 10001, 10002 …"""
    while True:
        number = str(FIRST_NUMBER + tx.allocate_int(RANGE))
        if not tx.find_ids(Customer, "number", number):
            return number


def plan_erase(store: Repository, customer: Customer, today: date) -> ErasePlan:
    """What erasing this customer means now (A10.4): with documents in retention he is blocked, else deleted."""
    documents = store.find(DocumentHead, "customer_id", customer.id)
    kept = [end for d in documents if (end := retention_end(d.invoice_date)) >= today]
    # Documents stay whatever their age: they name the customer, so his record stays blocked behind them.
    deletes = not documents and not store.find_ids(Order, "customer_id", customer.id)
    return ErasePlan(customer, deletes, len(documents), max(kept) if kept else None)


def apply_erase(desk: Desk, plan: ErasePlan, reason: str) -> Customer | None:
    """Delete the record (None), or block it and keep only number and name; documents stay as they are."""
    if not reason.strip():
        raise Refused(Problem("GRUND_FEHLT", N_("Zum Löschen oder Sperren eines Kunden gehört ein Grund.")))
    customer = plan.customer
    with desk.store.transaction(f"Kunde {customer.number}: Löschung nach DSGVO", reason=reason.strip()) as tx:
        if plan_erase(tx, customer, desk.today()).deletes:
            entry = tx.find_one(Ignored, "kind_target", f"{IgnoredKind.CUSTOMER}|{customer.id}")
            if entry is not None:
                tx.delete(Ignored, entry.id)
            tx.delete(Customer, customer.id, expect_rev=customer.rev)
            return None
        return tx.put(minimised(customer), expect_rev=customer.rev)


def set_blocked(desk: Desk, customer: Customer, blocked: bool, reason: str) -> Customer:
    """Block a customer (no new documents, hidden in pick lists) or release him, with a reason. Undoable."""
    if not reason.strip():
        raise Refused(Problem("GRUND_FEHLT", N_("Zum Sperren und Entsperren gehört ein Grund.")))
    word = "gesperrt" if blocked else "entsperrt"
    with desk.store.transaction(f"Kunde {customer.number} {word}", reason=reason.strip(), undoable=True) as tx:
        return tx.put(replace(customer, blocked=blocked), expect_rev=customer.rev)


def export_customer(store: Repository, customer: Customer) -> dict[str, Any]:
    """Everything that is kept about a customer (Art. 15 DSGVO): his record and the list of his documents."""
    documents = store.find(DocumentHead, "customer_id", customer.id)
    return {"customer": encode(customer), "documents": [encode(d, compact=True) for d in documents]}


def new_customer(values: Mapping[str, Any]) -> Customer:
    """A customer to be stored with these fields; without a format he gets the one that the law wants of his kind."""
    made = with_fields(Customer(), values)
    if "invoice_format" in values:
        return made
    return replace(made, invoice_format=default_format(made.is_business, made.address.country))


def with_fields(customer: Customer, values: Mapping[str, Any]) -> Customer:
    """The record with these fields replaced; `address.*` and `terms.*` reach into the address and the terms."""
    plain = {k: v for k, v in values.items() if "." not in k}
    address = {k.partition(".")[2]: v for k, v in values.items() if k.startswith("address.")}
    terms = {k.partition(".")[2]: v for k, v in values.items() if k.startswith("terms.")}
    new_address: Address = replace(customer.address, **address)
    new_terms: PaymentTerms = replace(customer.terms, **terms)
    return replace(customer, address=new_address, terms=new_terms, **plain)
