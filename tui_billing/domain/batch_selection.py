"""What goes into a Rechnungsstapel and why (rules D1 to D4): one function selects, explains and checks.

Generating, adding by hand, refreshing, printing and "Warum drin? / Warum nicht?" all ask `Rules`. A document is taken
with batch_date <= close date (< with exclusion), override drops the Stichtag, the close date, the exclusion and the
order of close dates, but never takes a customer without a Stichtag nor a document of another batch.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tui_billing.domain.batches import InvoiceBatch, ReceivableEntry
from tui_billing.domain.cutoff import fits
from tui_billing.domain.documents import ZERO, DocumentKind
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Customer
from tui_billing.domain.plans import Reason, Verdict

BATCH_KINDS = frozenset(DocumentKind) - {DocumentKind.SELF_BILLING}
"""Invoices, credit and debit memos with their cancellations and corrections (D2.10); what we owe is no receivable."""

REASON_NAMES: dict[str, str] = {
    "kind": N_("Belegart"),
    "in_batch": N_("in anderem Stapel"),
    "cancelled": N_("storniert"),
    "customer_range": N_("Kundenbereich"),
    "no_cutoff_day": N_("ohne Stichtag"),
    "cutoff_day": N_("anderer Stichtag"),
    "later_batch": N_("späterer Stapel gedruckt"),
    "after_close_date": N_("nach Abschluss"),
    "on_close_date": N_("am Abschlusstag"),
}
"""Short names of the reasons, for the line of truth."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchParameters:
    """The form Rechnungsstapel generieren; the customer range is inclusive, empty ends are open."""

    close_date: date
    description: str = ""
    customer_from: str = ""
    customer_to: str = ""
    exclude_on_close_date: bool = False
    override_rules: bool = False


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What the rules ask of a customer; `later_closing` is a close date already printed after this batch's."""

    customer_id: int
    number: str
    name: str
    cutoff_day: int | None
    later_closing: date | None = None


def facts_of(customer: Customer, later_closing: date | None = None) -> CustomerFacts:
    """The facts in a customer's record."""
    return CustomerFacts(customer.id, customer.number, customer.name, customer.cutoff_day, later_closing)


def parameters_of(batch: InvoiceBatch) -> BatchParameters:
    """The rules that an existing batch was made by."""
    return BatchParameters(
        close_date=batch.close_date,
        exclude_on_close_date=batch.exclude_on_close_date,
        override_rules=batch.override_rules,
    )


def number_key(number: str) -> tuple[tuple[int, int, str], ...]:
    """Customer numbers in the order in which people count: K9 before K10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", number.strip().casefold())
    return tuple((0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts)


def in_range(number: str, low: str, high: str) -> bool:
    """Whether a customer number lies in the inclusive range; an empty end is open."""
    key = number_key(number)
    return (not low or key >= number_key(low)) and (not high or key <= number_key(high))


def decisive(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """What stands behind the first failing rule is no longer decisive."""
    found: list[Reason] = []
    failed = False
    for reason in reasons:
        found.append(replace(reason, passed=None) if failed else reason)
        failed = failed or reason.passed is False
    return tuple(found)


class Rules:
    """The rules for one close date. Reasons that many documents share are made once, so 100,000 stay small."""

    def __init__(self, parameters: BatchParameters, *, month_end: bool = True) -> None:
        self.parameters = parameters
        self.month_end = month_end
        self._customers: dict[int, tuple[Reason, ...]] = {}
        self._joined: dict[tuple[int, date, DocumentKind], tuple[Reason, ...]] = {}
        self._ranges = number_key(parameters.customer_from), number_key(parameters.customer_to)

    def customer_reasons(self, facts: CustomerFacts) -> tuple[Reason, ...]:
        """Range, Stichtag and order of close dates, for the customer as a whole."""
        known = self._customers.get(facts.customer_id)
        if known is None:
            known = decisive((self._range(facts), self._has_cutoff(facts), self._fits(facts), self._order(facts)))
            self._customers[facts.customer_id] = known
        return known

    def takes_customer(self, facts: CustomerFacts) -> bool:
        """Whether he may be in the batch at all (D4.4)."""
        return all(r.passed is not False for r in self.customer_reasons(facts))

    def verdict(self, entry: ReceivableEntry, facts: CustomerFacts, *, other_batch: int = 0) -> Verdict:
        """Why this document is in or out; `other_batch` is the number of the batch that holds it."""
        key = (facts.customer_id, entry.batch_date, entry.kind)
        reasons = self._joined.get(key)
        if reasons is None or entry.cancelled or other_batch:
            reasons = decisive(
                (
                    *self._free(entry, other_batch),
                    *self.customer_reasons(facts),
                    self._until(entry),
                    self._on_close_date(entry),
                )
            )
            if not entry.cancelled and not other_batch:
                self._joined[key] = reasons
        return Verdict(entry.document_id, entry.amount, reasons)

    def _free(self, entry: ReceivableEntry, other_batch: int) -> tuple[Reason, ...]:
        found = []
        if entry.kind not in BATCH_KINDS:
            found.append(Reason("kind", False, N_("diese Belegart gehört auf keinen Rechnungsstapel")))
        if entry.cancelled:
            found.append(Reason("cancelled", False, N_("vor der ersten Ausgabe storniert")))
        if other_batch:
            found.append(Reason("in_batch", False, N_("schon im Rechnungsstapel {batch}"), {"batch": other_batch}))
        return tuple(found) or (Reason("in_batch", True, N_("in keinem anderen Rechnungsstapel")),)

    def _range(self, facts: CustomerFacts) -> Reason:
        low, high = self._ranges
        key = number_key(facts.number) if low or high else ()
        params = {"number": facts.number, "low": self.parameters.customer_from, "high": self.parameters.customer_to}
        if (low and key < low) or (high and key > high):
            return Reason("customer_range", False, N_("Kunde {number} liegt nicht im Bereich {low}–{high}"), params)
        return Reason("customer_range", True, N_("Kunde {number} liegt im Kundenbereich"), params)

    def _has_cutoff(self, facts: CustomerFacts) -> Reason:
        """A blank Stichtag means: not part of the process, even with override (D2.12)."""
        params = {"day": facts.cutoff_day or 0}
        if facts.cutoff_day is None:
            return Reason("no_cutoff_day", False, N_("der Kunde hat keinen Rechnungsstapel-Stichtag"), params)
        return Reason("no_cutoff_day", True, N_("der Kunde hat den Stichtag {day}"), params)

    def _fits(self, facts: CustomerFacts) -> Reason:
        params = {"day": facts.cutoff_day or 0, "close": self.parameters.close_date}
        if self.parameters.override_rules:
            return Reason("cutoff_day", True, N_("Erstellungsregeln überschrieben: der Stichtag zählt nicht"), params)
        if fits(facts.cutoff_day, self.parameters.close_date, month_end=self.month_end):
            return Reason("cutoff_day", True, N_("Stichtag {day} fällt auf das Abschlussdatum {close}"), params)
        return Reason("cutoff_day", False, N_("Stichtag {day} fällt nicht auf das Abschlussdatum {close}"), params)

    def _order(self, facts: CustomerFacts) -> Reason:
        """A batch closes before none that is printed already (D4.6)."""
        if facts.later_closing is None:
            return Reason("later_batch", True, N_("kein späterer Stapel des Kunden ist gedruckt"))
        params: dict[str, Any] = {"later": facts.later_closing}
        if self.parameters.override_rules:
            text = N_("Erstellungsregeln überschrieben: der gedruckte Stapel vom {later} hindert nicht")
            return Reason("later_batch", True, text, params)
        return Reason("later_batch", False, N_("ein Stapel des Kunden vom {later} ist schon gedruckt"), params)

    def _until(self, entry: ReceivableEntry) -> Reason:
        params = {"day": entry.batch_date, "close": self.parameters.close_date}
        if self.parameters.override_rules:
            text = N_("Erstellungsregeln überschrieben: das Abschlussdatum zählt nicht")
            return Reason("after_close_date", True, text, params)
        if entry.batch_date > self.parameters.close_date:
            text = N_("Rechnungsdatum {day} liegt nach dem Abschlussdatum {close}")
            return Reason("after_close_date", False, text, params)
        text = N_("Rechnungsdatum {day} liegt nicht nach dem Abschlussdatum {close}")
        return Reason("after_close_date", True, text, params)

    def _on_close_date(self, entry: ReceivableEntry) -> Reason:
        """Override drops the exclusion too (D2.6)."""
        params = {"day": entry.batch_date}
        p = self.parameters
        if p.exclude_on_close_date and not p.override_rules and entry.batch_date == p.close_date:
            text = N_("Rechnungen am Abschlussdatum {day} sind ausgeschlossen")
            return Reason("on_close_date", False, text, params)
        return Reason("on_close_date", True, N_("kein Ausschluss am Abschlussdatum"), params)


@dataclass(frozen=True, slots=True)
class CustomerTotal:
    """One customer of a plan: how many documents he brings and what they come to."""

    facts: CustomerFacts
    document_ids: tuple[int, ...]
    amount: Decimal


def by_customer(
    taken: Iterable[tuple[ReceivableEntry, Verdict]], facts: dict[int, CustomerFacts]
) -> tuple[CustomerTotal, ...]:
    """The documents that are in, gathered by customer in the order of their numbers; nobody without a row (D2.11)."""
    ids: dict[int, list[int]] = {}
    sums: dict[int, Decimal] = {}
    for entry, verdict in taken:
        if verdict.is_in:
            ids.setdefault(entry.customer_id, []).append(entry.document_id)
            sums[entry.customer_id] = sums.get(entry.customer_id, ZERO) + entry.amount
    ordered = sorted(ids, key=lambda c: (number_key(facts[c].number), c))
    return tuple(CustomerTotal(facts[c], tuple(ids[c]), sums[c]) for c in ordered)
