"""What the screens of a Rechnungsstapel say in more than one place: title, balance, figures."""

from tui_billing.domain.batch_selection import REASON_NAMES
from tui_billing.domain.batches import BATCH_STATE_NAMES, InvoiceBatch
from tui_billing.domain.plans import Balance, Verdict
from tui_billing.domain.statement_rules import Figures
from tui_billing.i18n import _
from tui_billing.screens import show


def reason_name(code: str) -> str:
    """A reason in one or two words."""
    return _(REASON_NAMES.get(code, code))


def verdict_name(verdict: Verdict) -> str:
    """dabei, or why not."""
    return _("dabei") if verdict.is_in else reason_name(verdict.out_reason)


def batch_title(batch: InvoiceBatch) -> str:
    """Rechnungsstapel 87 · Abschluss 30.11.2026 · offen"""
    return _("Rechnungsstapel {number} · Abschluss {day} · {state}").format(
        number=batch.number, day=show.day(batch.close_date), state=_(BATCH_STATE_NAMES[batch.state])
    )


def balance_line(balance: Balance) -> str:
    """214 = 185 im Stapel 212.430,50 € + 29 nicht: 12 anderer Stichtag, 17 ohne Stichtag"""
    text = _("{all} = {taken} im Stapel {eur}").format(
        all=show.count(balance.candidates), taken=show.count(balance.taken), eur=show.eur(balance.taken_eur)
    )
    out = sum(balance.out.values())
    if not out:
        return text
    reasons = ", ".join(f"{show.count(n)} {reason_name(code)}" for code, n in balance.out.items())
    return text + _(" + {n} nicht: {reasons}").format(n=show.count(out), reasons=reasons)


def figure_lines(figures: Figures) -> tuple[str, str]:
    """The two lines above a customer's documents: what was, what is new."""
    first = _("Vorhergehende Rechnung {former} − Zahlungen {payments} = Übertrag {carry}").format(
        former=show.amount(figures.former_amount),
        payments=show.amount(figures.payments),
        carry=show.amount(figures.carry_over),
    )
    second = _("+ Neue Rechnungen {invoiced} + Steuern {taxes} = Rechnungsbetrag {due}").format(
        invoiced=show.amount(figures.invoiced),
        taxes=show.amount(figures.taxes),
        due=show.amount(figures.amount_due),
    )
    return first, second
