"""What the screens of a Rechnungslauf say in more than one place: the balance, the title, a row's state."""

from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Channel
from tui_billing.domain.plans import Balance
from tui_billing.domain.run_selection import NO_ADDRESS, REASON_NAMES, recipients
from tui_billing.domain.runs import ROW_STATE_NAMES, RUN_STATE_NAMES, InvoiceRun, RowState, RunRow, RunType
from tui_billing.i18n import _, language
from tui_billing.screens import show
from tui_billing.services.runs import RunView

NBSP = "\u00a0"


COUNTED = {
    "ignored_customer": N_("ignoriert (Kunde)"),
    "ignored_invoice": N_("ignoriert (Rechnung)"),
}
"""Reasons whose name is good German behind any number: 2 ignoriert (Rechnung)."""
SOMETHING_MISSES = N_("Pflichtangabe fehlt")
LAW_NAMES = {
    "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG": N_("Anschrift unvollständig"),
    "EMPFAENGER_NAME_FEHLT": N_("Name des Kunden fehlt"),
    "LEISTUNGSZEITPUNKT_FEHLT": N_("Leistungszeitpunkt fehlt"),
    "VERKAEUFER_ANSCHRIFT_UNVOLLSTAENDIG": N_("Anschrift der Firma unvollständig"),
    "STEUERNUMMER_FEHLT": N_("Steuernummer der Firma fehlt"),
}
"""Rules of invoice law that a run meets most often, in two words; their whole sentence stands in the row."""


def reason_name(code: str) -> str:
    """A reason in one or two words."""
    if code in REASON_NAMES or not code.isupper():
        return _(REASON_NAMES.get(code, code))
    return _(LAW_NAMES.get(code, SOMETHING_MISSES))


def balance_line(balance: Balance) -> str:
    """214 = 185 im Lauf 212.430,50 € + 29 nicht: 12 Brief 9 versendet 6 ignoriert 2 entfernt."""
    text = _("{all} = {taken} im Lauf {eur}").format(
        all=show.count(balance.candidates), taken=show.count(balance.taken), eur=show.eur(balance.taken_eur)
    )
    out = sum(balance.out.values())
    if not out:
        return text
    names = {code: _(COUNTED[code]) if code in COUNTED else reason_name(code) for code in balance.out}
    reasons = ", ".join(f"{show.count(n)} {names[code]}".replace(" ", NBSP) for code, n in balance.out.items())
    return text + _(" + {n} nicht: {reasons}").format(n=show.count(out), reasons=reasons)


def run_title(run: InvoiceRun) -> str:
    """Rechnungslauf 12 · 01.11.–30.11.2026 · per E-Mail · angelegt."""
    p = run.parameters
    way = {"email": _("per E-Mail"), "pdf": _("als PDF")}[p.type]
    return _("Rechnungslauf {number} · {period} · {way} · {state}").format(
        number=run.number, period=show.period(p.date_from, p.date_to), way=way, state=_(RUN_STATE_NAMES[run.state])
    )


def row_state(row: RunRow) -> str:
    """State of a row in one or two words: Kopie and o. Adresse stand in for bereit."""
    if row.state is RowState.OPEN and row.reason == NO_ADDRESS:
        return _("o. Adresse")
    if row.state in (RowState.OPEN, RowState.RENDERED) and row.copy:
        return _("Kopie")
    return _(ROW_STATE_NAMES[row.state])


def row_note(row: RunRow) -> str:
    """Why the row stands as it does: reason and the server's words."""
    text = reason_text(row.reason, row.reply)
    return f"{row.number}: {text}" if text else ""


def reason_text(reason: str, reply: str) -> str:
    """Reason and words in one line. Of a rule of law the sentence says it all; it is stored in German, so that in
    another language its name stands there."""
    if reason and reason not in REASON_NAMES and reason.isupper() and reply:
        return reply if language() == "de" else reason_name(reason)
    return " · ".join(part for part in (reason_name(reason) if reason else "", reply) if part)


def channel_name(row: RunRow, view: RunView | None) -> str:
    """E-Mail, Brief or – for a row: the customer's Versandart; – where a mail has nowhere to go."""
    customer = view.customers.get(row.customer_id) if view else None
    is_mail = view is not None and view.run.parameters.type is RunType.EMAIL
    if is_mail and not (row.address or recipients(customer)):
        return channel_text(None)
    return channel_text(customer.channel if customer else None)


def channel_text(channel: Channel | None) -> str:
    """A Versandart in one word."""
    return {Channel.EMAIL: _("E-Mail"), Channel.LETTER: _("Brief"), None: "–"}[channel]
