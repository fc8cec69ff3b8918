"""Which documents a Rechnungslauf takes (E1, E2, E11): one function both selects and explains.

All days are inclusive at both ends. The rules are asked in the order of RULES; the first that fails is the reason
under which a candidate counts as out, those behind it are answered as no longer decisive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.format import local_day
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Channel, Customer, CustomerHead
from tui_billing.domain.plans import Reason, Verdict
from tui_billing.domain.runs import Ignored, RunParameters, RunType
from tui_billing.domain.send_reasons import SEND_REASONS

AnyDocument = Document | DocumentHead
AnyCustomer = Customer | CustomerHead
COPY = "copy"
NO_ADDRESS = "no_address"
BLOCKED = "customer_blocked"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the rules look at besides the document, read once for all candidates.

    `ignored_*`: entries by customer or document id. `open_documents`: document id -> number of the run whose dispatch
    is in flight or unknown (empty: a single mail). `removed`: taken out of this run by hand. `own_sent`: sent by this
    very run. `sent_by`: document id -> number of the run that sent it, only filled where somebody asks why.
    """

    today: date
    customers: Mapping[int, AnyCustomer] = field(default_factory=dict)
    ignored_customers: Mapping[int, Ignored] = field(default_factory=dict)
    ignored_documents: Mapping[int, Ignored] = field(default_factory=dict)
    open_documents: Mapping[int, str] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    own_sent: frozenset[int] = frozenset()
    sent_by: Mapping[int, str] = field(default_factory=dict)


def judge(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Verdict:
    """Whether this document belongs into a run with these parameters, and every reason for it."""
    reasons: list[Reason] = []
    failed = False
    for rule in RULES:
        reason = rule(document, parameters, facts)
        reasons.append(replace(reason, passed=None) if failed else reason)
        failed = failed or reason.passed is False
    return Verdict(document.id, document.totals.gross, tuple(reasons), flags_of(document, parameters, facts))


@cache
def _passed(code: str, text: str) -> Reason:
    """The reasons that hold for most candidates are made once."""
    return Reason(code, True, text)


def flags_of(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> tuple[str, ...]:
    """`copy` for what has been sent before (E8), `no_address` for an e-mail that has nowhere to go (E3.11)."""
    flags = [COPY] if document.was_sent and document.id not in facts.own_sent else []
    if parameters.type is RunType.EMAIL and not recipients(facts.customers.get(document.customer_id)):
        flags.append(NO_ADDRESS)
    return tuple(flags)


def recipients(customer: AnyCustomer | None) -> tuple[str, ...]:
    """The e-mail addresses that a customer's documents go to, all of them in one mail."""
    if customer is None:
        return ()
    return customer.emails if all(customer.emails) else tuple(filter(None, customer.emails))


def is_active(entry: Ignored | None, today: date) -> bool:
    """Whether an entry of the ignore lists holds today; its end date is its last day (E11)."""
    return entry is not None and (entry.until is None or entry.until >= today)


def _in_period(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    passed = parameters.date_from <= document.invoice_date <= parameters.date_to
    text = (
        N_("Rechnungsdatum {date} liegt im Zeitraum {date_from} bis {date_to}")
        if passed
        else N_("Rechnungsdatum {date} liegt nicht im Zeitraum {date_from} bis {date_to}")
    )
    params = {"date": document.invoice_date, "date_from": parameters.date_from, "date_to": parameters.date_to}
    return Reason("period", passed, text, params)


def _chosen(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    if not parameters.document_ids:
        return _passed("not_chosen", N_("der Lauf nimmt alle Rechnungen des Zeitraums"))
    if document.id in parameters.document_ids:
        return _passed("not_chosen", N_("gehört zu den markierten Rechnungen des Laufs"))
    return Reason("not_chosen", False, N_("gehört nicht zu den markierten Rechnungen des Laufs"))


def _not_cancelled(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    """What was cancelled while it was still open never leaves; a final one and its Storno both do (E1.3)."""
    if document.state is DocumentState.CANCELLED and not document.final_at:
        return Reason("cancelled", False, N_("vor der ersten Ausgabe storniert"))
    return _passed("cancelled", N_("nicht vor der ersten Ausgabe storniert"))


def _not_unknown(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    """One open dispatch per document, in all runs and single mails together, whatever include_sent says (E1)."""
    run = facts.open_documents.get(document.id)
    if run is None:
        return _passed("unknown", N_("kein Versand unterwegs oder ungeklärt"))
    if run:
        return Reason("unknown", False, N_("Versand unterwegs oder ungeklärt (Lauf {run})"), {"run": run})
    return Reason("unknown", False, N_("Einzelversand unterwegs oder ungeklärt"))


def _not_sent(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    """`was_sent` on any way: a mail, a PDF run's file or a print all brought the document to the customer (E1).

    So an e-mail run does not mail again what went out as a letter, and a PDF run does not print what was mailed;
    the clerk who wants both says include_sent and gets copies (E1.4, E8).
    """
    if document.id in facts.own_sent:
        return _passed("sent", N_("in diesem Lauf versendet"))
    if not document.was_sent:
        return _passed("sent", N_("noch nicht versendet"))
    first = min(stamp for stamp in (document.printed_at, document.mailed_at) if stamp)
    params = {"date": local_day(first), "run": facts.sent_by.get(document.id, "")}
    texts = SENT_TEXTS[parameters.include_sent]
    return Reason("sent", parameters.include_sent, texts[bool(params["run"])], params)


def is_blocked(customer: AnyCustomer | None) -> bool:
    """A gesperrter Kunde (A10.4) gets nothing from a run; what a clerk sends him singly still goes, as in E11."""
    return customer is not None and customer.blocked


def _customer_not_blocked(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    customer = facts.customers.get(document.customer_id)
    if customer is not None and is_blocked(customer):
        return Reason(BLOCKED, False, N_("Kunde {customer} ist gesperrt"), {"customer": customer.number})
    return _passed(BLOCKED, N_("Kunde ist nicht gesperrt"))


def _customer_not_ignored(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    entry = facts.ignored_customers.get(document.customer_id)
    passed_text = N_("Kunde nicht ignoriert")
    return _ignored("ignored_customer", entry, facts.today, passed_text, N_("Kunde wird ignoriert: {reason}"))


def _document_not_ignored(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    entry = facts.ignored_documents.get(document.id)
    passed_text = N_("Rechnung nicht ignoriert")
    return _ignored("ignored_invoice", entry, facts.today, passed_text, N_("Rechnung wird ignoriert: {reason}"))


def _ignored(code: str, entry: Ignored | None, today: date, passed: str, failed: str) -> Reason:
    if entry is None or not is_active(entry, today):
        return _passed(code, passed)
    return Reason(code, False, failed, {"reason": entry.reason})


CHANNEL_RULE: Mapping[tuple[RunType, bool, Channel | None], str] = {
    (RunType.EMAIL, True, Channel.EMAIL): "",
    (RunType.EMAIL, True, Channel.LETTER): "letter",
    (RunType.EMAIL, True, None): "no_channel",
    (RunType.EMAIL, False, Channel.EMAIL): "",
    (RunType.EMAIL, False, Channel.LETTER): "",
    (RunType.EMAIL, False, None): "",
    (RunType.PDF, True, Channel.EMAIL): "email",
    (RunType.PDF, True, Channel.LETTER): "",
    (RunType.PDF, True, None): "",
    (RunType.PDF, False, Channel.EMAIL): "",
    (RunType.PDF, False, Channel.LETTER): "",
    (RunType.PDF, False, None): "",
}
"""Truth table E2: type, preference respected, Versandart -> why it is out, or empty."""

CHANNEL_TEXTS = {
    "letter": N_("Versandart Brief passt nicht zum E-Mail-Lauf"),
    "no_channel": N_("Kunde ohne Versandart; ein E-Mail-Lauf nimmt mit Kontaktpräferenz nur E-Mail"),
    "email": N_("Versandart E-Mail passt nicht zum PDF-Lauf"),
}


def other_channel(parameters: RunParameters, customer: AnyCustomer | None) -> str:
    """The reason why this run is not the way that the customer wants (E2); empty where it is."""
    channel = customer.channel if customer else None
    return CHANNEL_RULE[parameters.type, parameters.respect_preference, channel]


def _channel_fits(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    if code := other_channel(parameters, facts.customers.get(document.customer_id)):
        return Reason(code, False, CHANNEL_TEXTS[code])
    if not parameters.respect_preference:
        return _passed("channel", N_("Kontaktpräferenzen werden nicht beachtet"))
    return _passed("channel", N_("Versandart passt zum Lauf"))


def _not_removed(document: AnyDocument, parameters: RunParameters, facts: RunFacts) -> Reason:
    if document.id in facts.removed:
        return Reason("removed", False, N_("von Hand aus dem Lauf entfernt"))
    return _passed("removed", N_("nicht von Hand entfernt"))


SENT_TEXTS = {
    True: (
        N_("bereits versendet am {date}, geht als Kopie"),
        N_("bereits versendet am {date} (Lauf {run}), geht als Kopie"),
    ),
    False: (
        N_("bereits versendet am {date}, und „bereits versendete aufnehmen“ ist aus"),
        N_("bereits versendet am {date} (Lauf {run}), und „bereits versendete aufnehmen“ ist aus"),
    ),
}

REASON_NAMES = {
    "period": N_("außerhalb des Zeitraums"),
    "not_chosen": N_("nicht markiert"),
    "cancelled": N_("storniert"),
    "unknown": N_("ungeklärt"),
    "sent": N_("versendet"),
    BLOCKED: N_("Kunde gesperrt"),
    "ignored_customer": N_("ignorierter Kunde"),
    "ignored_invoice": N_("ignorierte Rechnung"),
    "letter": N_("Brief"),
    "email": N_("E-Mail"),
    "no_channel": N_("ohne Versandart"),
    "removed": N_("entfernt"),
    "no_address": N_("keine E-Mail-Adresse"),
    "address_changed": N_("Adresse geändert"),
    **SEND_REASONS,
}
"""Reasons of the balance and of rows, as a list shows them."""

Rule = Callable[[AnyDocument, RunParameters, RunFacts], Reason]

RULES: tuple[Rule, ...] = (
    _in_period,
    _chosen,
    _not_cancelled,
    _not_unknown,
    _not_sent,
    _customer_not_blocked,
    _customer_not_ignored,
    _document_not_ignored,
    _channel_fits,
    _not_removed,
)
