"""Import of customers and invoices: read, plan with every refused row, then all or nothing (or what is good)."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from tui_billing.domain.documents import Document, DocumentKind
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Company, Customer
from tui_billing.exchange.port import (
    CUSTOMER_FIELDS,
    KEPT_OUT,
    ImportedInvoice,
    Item,
    NumberFormat,
    kept_out,
    parse_customers,
    parse_invoices,
)
from tui_billing.services import documents, settings
from tui_billing.services.company import company
from tui_billing.services.customers import next_number, with_fields
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.snapshots import follow_customer
from tui_billing.store.repositories import Store, Transaction

T = TypeVar("T")
__all__ = ["ImportPlan", "ImportResult", "NumberFormat"]

GROUP = 500
"""Records per commit: large enough for speed, small enough to show progress."""


@dataclass(frozen=True, slots=True)
class ImportPlan(Generic[T]):
    """What an import would do: `items` good, `refused` one problem or more per row that stays out, with its line."""

    items: tuple[T, ...] = ()
    refused: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    updates: int = 0

    @property
    def refused_rows(self) -> int:
        """How many places of the file are refused."""
        return len({p.where for p in self.refused})

    @property
    def faulty_rows(self) -> int:
        """How many of them are bad themselves."""
        return len({p.where for p in self.refused if p.code != KEPT_OUT})


@dataclass(frozen=True, slots=True)
class ImportedDocument:
    """A document that is ready to be stored, and the day on which it was sent before (None: never)."""

    document: Document
    sent_at: str = ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many were stored anew, how many were updated."""

    created: int = 0
    updated: int = 0
    numbers: tuple[str, ...] = field(default_factory=tuple)


def plan_customers(
    store: Store, data: bytes, numbers: NumberFormat | None = None, *, update: bool = False
) -> ImportPlan[Customer]:
    """Customers of a CSV file. A number that is taken is refused unless `update` is asked for."""
    parsed = parse_customers(data, numbers)
    if parsed.fatal:
        raise Refused(*parsed.fatal)
    good: list[Customer] = []
    refused = list(parsed.refused)
    updates = 0
    for item in parsed.items:
        known = store.find_one(Customer, "number", item.record.number) if item.record.number else None
        if known and not update:
            refused.append(taken_problem(N_("Kundennummer {number} gibt es schon."), item.record.number, item.where))
        elif known:
            updates += 1
            good.append(_updated(known, item))
        else:
            good.append(item.record)
    return ImportPlan(tuple(good), in_line_order(refused), parsed.warnings, updates)


def _updated(known: Customer, item: Item[Customer]) -> Customer:
    """The customer with what the file's columns say; what it has no column for stays."""
    values: dict[str, Any] = {}
    for column in item.columns:
        path = CUSTOMER_FIELDS[column]
        value: Any = item.record
        for name in path.split("."):
            value = getattr(value, name)
        values[path] = value
    return with_fields(known, values)


def apply_customers(desk: Desk, plan: ImportPlan[Customer], *, partial: bool = False) -> ImportResult:
    """Store the customers in one commit. Raises Refused where a row is bad and `partial` was not asked for."""
    refuse_in_part(plan, partial)
    with desk.store.transaction(f"Import: {len(plan.items)} Kunden") as tx:
        # Numbers of the file first: a number that is drawn must not take one that a later row brings.
        in_turn = sorted(plan.items, key=lambda c: not c.number)
        stored = [_store_customer(tx, c) for c in in_turn]
    return ImportResult(len(stored) - plan.updates, plan.updates, tuple(c.number for c in stored))


def _store_customer(tx: Transaction, customer: Customer) -> Customer:
    if customer.id:
        stored = tx.put(customer, expect_rev=customer.rev)
        follow_customer(tx, stored)
        return stored
    return tx.insert(customer if customer.number else replace(customer, number=next_number(tx)))


def plan_invoices(store: Store, data: bytes, numbers: NumberFormat | None = None) -> ImportPlan[ImportedDocument]:
    """Invoices of a CSV or JSON file with the company's and the customers' data of today as snapshots."""
    seller = company(store)
    rate = Decimal(0) if seller.small_business else Decimal(settings.get(store, "invoice.vat_rate"))
    parsed = parse_invoices(data, numbers, rate)
    if parsed.fatal:
        raise Refused(*parsed.fatal)
    good: list[ImportedDocument] = []
    refused = list(parsed.refused)
    customers: dict[str, Customer | None] = {}
    for item in parsed.items:
        number = item.record.customer_number
        if number not in customers:
            customers[number] = store.find_one(Customer, "number", number)
        document, problems = _document(store, seller, customers[number], item)
        if document is None or problems:
            refused += [*problems, *kept_out(item.record.number, item.places, problems)]
        else:
            good.append(document)
    return ImportPlan(tuple(good), in_line_order(refused), (*parsed.warnings, *_law_warnings(good)))


def _law_warnings(items: list[ImportedDocument]) -> list[Problem]:
    """What will keep an invoice from going out (A1); it comes in all the same, to be mended here."""
    return [replace(p, where=i.document.number, warning=True) for i in items for p in check_document(i.document)]


def _document(
    store: Store, seller: Company, customer: Customer | None, item: Item[ImportedInvoice]
) -> tuple[ImportedDocument | None, list[Problem]]:
    invoice, where = item.record, item.where
    if customer is None:
        text = N_("Kunde {number} gibt es nicht; zuerst die Kunden importieren.")
        return None, [Problem("KUNDE_UNBEKANNT", text, {"number": invoice.customer_number}, where)]
    if customer.blocked:
        text = N_("Kunde {number} ist gesperrt.")
        return None, [Problem("KUNDE_GESPERRT", text, {"number": invoice.customer_number}, where)]
    if store.find_ids(Document, "number", invoice.number):
        return None, [taken_problem(N_("Belegnummer {number} gibt es schon."), invoice.number, item.where)]
    document = documents.build(
        seller,
        customer,
        kind=invoice.kind,
        invoice_date=invoice.invoice_date,
        lines=invoice.lines,
        service_date=invoice.service_date,
        period_from=invoice.period_from,
        period_to=invoice.period_to,
        header_text=invoice.header_text,
        footer_text=invoice.footer_text,
        buyer_order_reference=invoice.buyer_order_reference,
        exemption_reason=invoice.exemption_reason,
        property_work=invoice.property_work,
        delivery_name=invoice.delivery_name,
        delivery_address=invoice.delivery_address,
        gross_prices=invoice.gross_prices,
        prepaid=invoice.prepaid,
    )
    document = replace(document, number=invoice.number, due_date=invoice.due_date or document.due_date)
    sign = -1 if invoice.kind is DocumentKind.CREDIT_MEMO and (invoice.gross or 0) > 0 else 1
    if invoice.gross is not None and invoice.gross * sign != document.totals.gross:
        text = N_("{number}: Bruttobetrag {file} der Datei ist nicht die Summe der Positionen ({computed}).")
        params = {"number": invoice.number, "file": invoice.gross * sign, "computed": document.totals.gross}
        return None, [Problem("BRUTTO_WEICHT_AB", text, params, where)]
    sent = f"{invoice.sent_on.isoformat()}T00:00:00+00:00" if invoice.sent_on else ""
    # What was sent comes in final, so the law is asked here and not in the middle of storing.
    if sent and (problems := [replace(p, where=where) for p in check_document(document) if not p.warning]):
        return None, problems
    return ImportedDocument(document, sent), []


def apply_invoices(
    desk: Desk, plan: ImportPlan[ImportedDocument], *, partial: bool = False
) -> Generator[Progress, None, None]:
    """Store the invoices. All or nothing is one commit; with `partial`, groups that may be stopped between."""
    refuse_in_part(plan, partial)
    total = len(plan.items)
    size = GROUP if partial else max(total, 1)
    for start in range(0, total, size):
        group = plan.items[start : start + size]
        with desk.store.transaction(f"Import: {len(group)} Rechnungen") as tx:
            for item in group:
                stored = documents.add(tx, item.document, at=desk.timestamp())
                if item.sent_at:
                    documents.mark_output(tx, stored, at=item.sent_at, mailed=True)
        yield Progress(start + len(group), total)


def refuse_in_part(plan: ImportPlan[T], partial: bool) -> None:
    """Raise what refuses the import."""
    if problems := refusal(plan, partial):
        raise Refused(*problems)


def refusal(plan: ImportPlan[Any], partial: bool) -> tuple[Problem, ...]:
    """What refuses the import: a bad row where `partial` was not asked for, or that nothing is good; else nothing."""
    if plan.refused and not partial:
        return (*plan.refused, given_up(plan.faulty_rows))
    return () if plan.items else (*plan.refused, nothing_to_take())


def nothing_to_take() -> Problem:
    """A file without a single good row."""
    return Problem("IMPORT_LEER", N_("Die Datei enthält keine Zeile, die sich übernehmen lässt."))


def given_up(rows: int) -> Problem:
    """All or nothing: what is bad keeps the rest out."""
    one = N_("Eine Zeile ist fehlerhaft, nichts wurde übernommen. Datei verbessern oder --partial angeben.")
    many = N_("{rows} Zeilen sind fehlerhaft, nichts wurde übernommen. Datei verbessern oder --partial angeben.")
    return Problem("IMPORT_ABGEBROCHEN", one if rows == 1 else many, {"rows": rows})


def taken_problem(text: str, number: str, where: str) -> Problem:
    """A number that is there already."""
    return Problem("NUMMER_VERGEBEN", text, {"number": number}, where)


def in_line_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Problems as the clerk meets them in the file."""

    def line(problem: Problem) -> int:
        digits = problem.where.rpartition(" ")[2]
        return int(digits) if digits.isdigit() else 0

    return tuple(sorted(problems, key=line))
