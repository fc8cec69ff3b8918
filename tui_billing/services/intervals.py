"""Intervallrechnungen: the selection by Ausführungsdatum as a plan, rows dropped from it, gaps, F6.

The domain decides (domain/interval_selection.py); here records are read and each row gets its draft document.
"""

import hashlib
from collections.abc import Collection, Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.creations import IntervalSelectionParameters
from tui_billing.domain.documents import ZERO, Document, DocumentType
from tui_billing.domain.interval_invoice import InvoiceParts, interval_parts, row_warnings
from tui_billing.domain.interval_schedule import BillingPeriod
from tui_billing.domain.interval_selection import (
    DueRow,
    OrderCase,
    RowKey,
    due_rows,
    guard_dates,
    guard_rows,
    judge,
)
from tui_billing.domain.law import check_document
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Company
from tui_billing.domain.plans import Balance
from tui_billing.domain.texts import clean
from tui_billing.services import document_types, documents, orders
from tui_billing.services.company import company
from tui_billing.services.desk import Progress
from tui_billing.services.desk import finish as finish
from tui_billing.services.interval_cases import CaseReader, unreadable
from tui_billing.store.repositories import Repository

STEP = 250
"""Orders between two signs of progress."""


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One invoice to create, as the grid shows it. `blocking` says why Erstellen will refuse it."""

    key: RowKey
    order_number: str
    customer_id: int
    customer_number: str
    customer_name: str
    period_starts: tuple[date, ...]
    period_start: date
    period_end: date
    text: str
    header_text: str
    net: Decimal
    gross: Decimal
    overdue: bool = False
    is_part: bool = False
    warnings: tuple[Problem, ...] = ()
    blocking: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class OutRow:
    """One candidate that a rule keeps out of the selection."""

    order_number: str
    customer_name: str
    period_start: date
    period_end: date
    reason: str
    gross: Decimal


@dataclass(frozen=True, slots=True)
class IntervalSelection:
    """The plan: rows in and out, what was dropped with Entf, orders that cannot be read, the store's seq."""

    parameters: IntervalSelectionParameters
    rows: tuple[IntervalRow, ...]
    out: tuple[OutRow, ...]
    dropped: frozenset[RowKey] = frozenset()
    problems: tuple[Problem, ...] = ()
    guards: tuple[Problem, ...] = ()
    seq: int = 0

    @property
    def taken(self) -> tuple[IntervalRow, ...]:
        """The rows that Erstellen makes invoices of."""
        return tuple(r for r in self.rows if r.key not in self.dropped) if self.dropped else self.rows

    def without(self, keys: Collection[RowKey]) -> "IntervalSelection":
        """The same plan with these rows dropped as well; nothing else changes."""
        known = {r.key for r in self.rows}
        return replace(self, dropped=self.dropped | (frozenset(keys) & known))

    def with_dropped(self, dropped: Collection[RowKey]) -> "IntervalSelection":
        """The same plan with exactly these rows dropped (undo)."""
        return replace(self, dropped=frozenset(dropped))

    @property
    def net(self) -> Decimal:
        """Sum of the rows that are in."""
        return sum((r.net for r in self.taken), ZERO)

    @property
    def gross(self) -> Decimal:
        """Sum of the rows that are in."""
        return sum((r.gross for r in self.taken), ZERO)

    def balance(self) -> Balance:
        """candidates = in + out by reason, in periods and EUR gross (C3-C5)."""
        out: dict[str, int] = {}
        out_eur: dict[str, Decimal] = {}
        lost = [(o.reason, 1, o.gross) for o in self.out]
        lost += [("dropped", len(r.period_starts), r.gross) for r in self.rows if r.key in self.dropped]
        for reason, count, gross in lost:
            out[reason] = out.get(reason, 0) + count
            out_eur[reason] = out_eur.get(reason, ZERO) + gross
        taken = sum(len(r.period_starts) for r in self.taken)
        return Balance(
            taken + sum(out.values()), self.gross + sum(out_eur.values(), ZERO), taken, self.gross, out, out_eur
        )

    @property
    def fingerprint(self) -> str:
        """Hash of what would be created."""
        text = "\n".join(f"{r.key.order_id}:{r.key.start}:{r.gross}" for r in self.taken)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class Drafting:
    """Makes drafts: company and Belegarten are read once. Not shared between threads."""

    company: Company
    parameters: IntervalSelectionParameters
    types: dict[str, DocumentType] = field(default_factory=dict)

    @classmethod
    def of(cls, reader: Repository, parameters: IntervalSelectionParameters) -> "Drafting":
        """Raises Refused without a company, WrongUse for a Belegart that does not exist."""
        document_types.need(reader, parameters.document_type)
        types = {t.name: t for t in reader.scan(DocumentType)}
        return cls(company(reader), parameters, types)

    def draft(self, case: OrderCase, periods: tuple[BillingPeriod, ...]) -> tuple[Document, InvoiceParts]:
        """The document of one row, without a number; the form's Belegart goes before the order's."""
        order, customer = case.order, case.customer
        assert customer is not None
        parts = interval_parts(order, periods, self.parameters.billing_period_text, customer.language)
        document_type = self.parameters.document_type or order.document_type
        known = self.types.get(document_type)
        document = documents.build(
            self.company,
            customer,
            kind=known.kind if known else order.kind,
            invoice_date=self.parameters.invoice_date,
            lines=parts.lines,
            document_type=document_type,
            period_from=parts.period_from,
            period_to=parts.period_to,
            header_text=parts.header_text,
            footer_text=parts.footer_text,
            period_starts=tuple(p.start for p in periods),
            **orders.document_fields(order),
        )
        return document, parts


def blocking_problems(document: Document) -> tuple[Problem, ...]:
    """What forbids this document by law (A1-A5); asked for every row before the first number is drawn."""
    return tuple(p for p in check_document(document) if not p.warning)


def plan_select(
    store: Repository, parameters: IntervalSelectionParameters
) -> Generator[Progress, None, IntervalSelection]:
    """The selection. Has no effect, reads no clock; the same question gives the same plan."""
    parameters = replace(parameters, billing_period_text=clean(parameters.billing_period_text).strip())
    drafting = Drafting.of(store, parameters)
    reader = CaseReader(store, parameters.customer_ids, parameters.order_ids)
    total, seq = reader.total(), getattr(store, "seq", 0)
    rows: list[IntervalRow] = []
    out: list[OutRow] = []
    guards = guard_dates(parameters)
    for done, case in enumerate(reader.cases(), 1):
        found = _rows_of(case, drafting, out, reader.problems)
        guards += guard_rows(case.order.number, len(found))
        rows += found
        if done % STEP == 0:
            yield Progress(min(done, total), total, failed=len(reader.problems), note=case.order.number)
    yield Progress(total, total, failed=len(reader.problems))
    rows.sort(key=lambda r: (r.order_number, r.key.start))
    warned = _period_warnings(rows, parameters.billing_period_text)
    return IntervalSelection(
        parameters, tuple(warned), tuple(out), problems=tuple(reader.problems), guards=tuple(guards), seq=seq
    )


def _rows_of(case: OrderCase, drafting: Drafting, out: list[OutRow], problems: list[Problem]) -> list[IntervalRow]:
    """The rows of one order; its candidates that a rule keeps out go to `out`."""
    parameters = drafting.parameters
    if parameters.document_type_filter and case.order.document_type != parameters.document_type_filter:
        return []
    try:
        judged = judge(case, parameters)
        out += [_out_row(case, drafting, j.period, j.out) for j in judged if j.out]
        return [_row(case, drafting, due) for due in due_rows(case, judged, parameters.execution_date)]
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        problems.append(unreadable(case.order.number, error))
        return []


def _row(case: OrderCase, drafting: Drafting, due: DueRow) -> IntervalRow:
    document, parts = drafting.draft(case, due.periods)
    customer = case.customer
    assert customer is not None
    text = drafting.parameters.billing_period_text
    return IntervalRow(
        key=due.key,
        order_number=case.order.number,
        customer_id=customer.id,
        customer_number=customer.number,
        customer_name=customer.name,
        period_starts=document.period_starts,
        period_start=due.periods[0].start,
        period_end=due.periods[-1].end,
        text=parts.text,
        header_text=parts.header_text,
        net=document.totals.net,
        gross=document.totals.gross,
        overdue=due.overdue,
        is_part=any(p.is_part for p in due.periods),
        warnings=tuple(row_warnings(parts, text, different_periods=False, is_zero=not document.totals.gross)),
        blocking=blocking_problems(document),
    )


def _out_row(case: OrderCase, drafting: Drafting, period: BillingPeriod, reason: str) -> OutRow:
    customer = case.customer
    gross = drafting.draft(case, (period,))[0].totals.gross if customer else ZERO
    return OutRow(case.order.number, customer.name if customer else "", period.start, period.end, reason, gross)


def _period_warnings(rows: list[IntervalRow], text: str) -> Iterable[IntervalRow]:
    """One text for rows with different periods is worth a warning on each row that prints it."""
    if not text or len({(r.period_start, r.period_end) for r in rows}) < 2:
        return rows
    extra = row_warnings(_PRINTS_TEXT, text, different_periods=True, is_zero=False)
    without = {"TEXT_OHNE_PLATZHALTER"}
    return [
        r if any(w.code in without for w in r.warnings) else replace(r, warnings=(*extra, *r.warnings)) for r in rows
    ]


_PRINTS_TEXT = InvoiceParts((), "", "", None, None, prints_text=True)
