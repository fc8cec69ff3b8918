"""Rechnungsstellung: a new document by hand or once from an order, edited while angelegt, cancelled.

Printing and mailing of single documents: services/mass_print.py with one number, services/send_single.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import ZERO, Document, DocumentKind, DocumentState, DocumentType, Line
from tui_billing.domain.due_dates import due_date
from tui_billing.domain.interval_invoice import once_parts
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import Address, Customer
from tui_billing.domain.texts import clean, clean_block
from tui_billing.domain.totals import compute
from tui_billing.services import document_types, documents, orders
from tui_billing.services.company import company
from tui_billing.services.desk import Desk
from tui_billing.services.errors import not_found
from tui_billing.store.repositories import Repository

BY_HAND = (DocumentKind.INVOICE, DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO)
"""Rechnung, Gutschrift, Lastschrift (Belastung)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDocument:
    """What the clerk typed; a Leistungszeitraum (both ends inclusive) or a Leistungsdatum."""

    customer_id: int
    kind: DocumentKind = DocumentKind.INVOICE
    document_type: str = ""
    invoice_date: date
    service_date: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    header_text: str = ""
    footer_text: str = ""
    buyer_order_reference: str = ""
    lines: tuple[Line, ...] = ()
    gross_prices: bool = False
    exemption_reason: str = ""
    property_work: bool = False
    prepaid: Decimal = ZERO
    delivery_name: str = ""
    delivery_address: Address | None = None


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """The document as it would be stored, without a number, and what the law says about it."""

    document: Document
    problems: tuple[Problem, ...]

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """What forbids it."""
        return tuple(p for p in self.problems if not p.warning)


def plan_new(store: Repository, new: NewDocument) -> DocumentPlan:
    """The document by hand with its totals and problems; draws no number. Raises WrongUse for an unknown Belegart."""
    customer = _customer(store, new.customer_id)
    document_type = clean(new.document_type).strip()
    document_types.need(store, document_type)
    kind = _kind(store, new.kind, document_type)
    document = documents.build(
        company(store),
        customer,
        kind=kind,
        invoice_date=new.invoice_date,
        lines=tuple(_cleaned(line) for line in new.lines),
        document_type=document_type,
        service_date=new.service_date,
        period_from=new.period_from,
        period_to=new.period_to,
        header_text=clean_block(new.header_text),
        footer_text=clean_block(new.footer_text),
        buyer_order_reference=clean(new.buyer_order_reference).strip(),
        gross_prices=new.gross_prices,
        exemption_reason=clean(new.exemption_reason).strip(),
        property_work=new.property_work,
        prepaid=new.prepaid,
        delivery_name=clean(new.delivery_name).strip(),
        delivery_address=new.delivery_address,
    )
    return DocumentPlan(document, (*_customer_problems(customer), *_problems(document)))


def plan_from_order(
    store: Repository,
    order: Order,
    *,
    invoice_date: date,
    period_from: date | None = None,
    period_to: date | None = None,
    again: bool = False,
) -> DocumentPlan:
    """An order without interval billed once. Billing it a second time has to be asked for with `again`."""
    if order.interval is not None:
        text = N_("Auftrag {number} hat Intervallrechnungen und wird dort berechnet.")
        raise Refused(Problem("AUFTRAG_MIT_INTERVALL", text, {"number": order.number}, where=order.number))
    customer = _customer(store, order.customer_id)
    parts = once_parts(order, period_from or invoice_date, period_to, customer.language)
    document = documents.build(
        company(store),
        customer,
        kind=_kind(store, order.kind, order.document_type),
        invoice_date=invoice_date,
        lines=parts.lines,
        document_type=order.document_type,
        service_date=None if period_from else invoice_date,
        period_from=period_from,
        period_to=period_to,
        header_text=parts.header_text,
        footer_text=parts.footer_text,
        **orders.document_fields(order),
    )
    earlier = () if again else _earlier(store, order)
    return DocumentPlan(document, (*_customer_problems(customer), *earlier, *_problems(document)))


def _earlier(store: Repository, order: Order) -> tuple[Problem, ...]:
    found = [d for d in store.find(Document, "order_id", order.id) if d.state is not DocumentState.CANCELLED]
    if not found:
        return ()
    text = N_("Auftrag {number} ist schon berechnet mit {document}.")
    params = {"number": order.number, "document": found[-1].number}
    return (Problem("AUFTRAG_SCHON_BERECHNET", text, params, where=order.number),)


def replanned(plan: DocumentPlan, document: Document) -> DocumentPlan:
    """The same plan with a document that the clerk has edited: sums, due date and the law are asked again."""
    edited = compute(replace(document, due_date=due_date(document.invoice_date, document.terms)))
    kept = tuple(p for p in plan.problems if p.code in ("KUNDE_GESPERRT", "AUFTRAG_SCHON_BERECHNET"))
    return DocumentPlan(edited, (*kept, *_problems(edited)))


def apply_new(desk: Desk, plan: DocumentPlan) -> Document:
    """Store it with number and receivable. Raises Refused with everything that forbids it, before a number is drawn."""
    if plan.blocking:
        raise Refused(*plan.blocking)
    with desk.store.transaction("Rechnungsstellung: Beleg angelegt") as tx:
        return documents.add(tx, plan.document, at=desk.timestamp())


def edit(desk: Desk, document: Document, *, expect_rev: int | None = None) -> Document:
    """Store the edited document while it is `angelegt`. Raises Stale when somebody was faster, Refused when final or
    where the edit brings in what the law forbids; what was wrong before (an address) may wait for its mending."""
    cleaned = replace(
        document,
        lines=tuple(_cleaned(line) for line in document.lines),
        header_text=clean_block(document.header_text),
        footer_text=clean_block(document.footer_text),
        buyer_order_reference=clean(document.buyer_order_reference).strip(),
        exemption_reason=clean(document.exemption_reason).strip(),
    )
    if cleaned.state is DocumentState.OPEN and desk.store.get(Document, document.id) == compute(cleaned):
        return cleaned  # nothing to write: its PDF, if there is one, still shows it
    with desk.store.transaction(f"{document.number} geändert", undoable=True) as tx:
        before = {p.code for p in _problems(tx.need(Document, document.id))}
        stored = documents.change(tx, cleaned, expect_rev=expect_rev)
        if fresh := [p for p in _problems(stored) if not p.warning and p.code not in before]:
            raise Refused(*fresh)
        return stored


def open_documents(store: Repository) -> Sequence[Document]:
    """What is `angelegt`: may still be edited."""
    return store.find(Document, "state", DocumentState.OPEN)


def kind_of(name: str) -> DocumentKind:
    """The kind that a clerk may choose by hand."""
    try:
        kind = DocumentKind(name)
    except ValueError:
        raise not_found(N_("Belegart"), name) from None
    if kind not in BY_HAND:
        raise not_found(N_("Belegart"), name)
    return kind


def _kind(store: Repository, kind: DocumentKind, document_type: str) -> DocumentKind:
    """The Belegart decides the kind where there is one."""
    if not document_type:
        return kind
    known = store.find_one(DocumentType, "name", document_type)
    return known.kind if known else kind


def _customer(store: Repository, customer_id: int) -> Customer:
    customer = store.get(Customer, customer_id)
    if customer is None:
        raise not_found(N_("Kunde"), customer_id)
    return customer


def _customer_problems(customer: Customer) -> tuple[Problem, ...]:
    if not customer.blocked:
        return ()
    text = N_("Kunde {number} ist gesperrt.")
    return (Problem("KUNDE_GESPERRT", text, {"number": customer.number}, where=customer.number),)


def _problems(document: Document) -> tuple[Problem, ...]:
    return tuple(check_document(document))


def _cleaned(line: Line) -> Line:
    return replace(
        line,
        article=clean(line.article).strip(),
        name=clean(line.name),
        description=clean_block(line.description),
        unit=clean(line.unit).strip(),
    )
