"""What the list of due rows says of a row, and what it asks before Erstellen."""

from dataclasses import dataclass
from decimal import Decimal

from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.services.intervals import IntervalRow, IntervalSelection

HINT = "PLATZHALTER_OHNE_TEXT"


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of the selection with a number for the table."""

    id: int
    row: IntervalRow

    @property
    def sign(self) -> str:
        """`!` overdue, forbidden or worth a look; `?` a mere hint; nothing."""
        row = self.row
        if row.overdue or row.blocking or any(w.code != HINT for w in row.warnings):
            return " !"
        return " ?" if row.warnings else ""


def row_note(row: IntervalRow) -> str:
    """Why the row has a sign: what forbids it first, then hints, then that it is overdue."""
    texts = [sentence(p) for p in (*row.blocking, *row.warnings)]
    if row.overdue:
        texts.append(_("überfällig: die folgende Periode ist schon fällig"))
    if len(row.period_starts) > 1:
        texts.append(_("fasst {n} Perioden zusammen").format(n=len(row.period_starts)))
    return f"{row.order_number}: {' · '.join(texts)}" if texts else ""


def creation_question(plan: IntervalSelection) -> str:
    """What Erstellen will do, and what it cannot."""
    blocked = [r for r in plan.taken if r.blocking]
    count = len(plan.taken) - len(blocked)
    text = ngettext("{n} Rechnung über {eur} erstellen?", "{n} Rechnungen über {eur} erstellen?", count)
    question = text.format(n=show.count(count), eur=show.eur(plan.gross - sum((r.gross for r in blocked), Decimal(0))))
    if blocked:
        first = f"{blocked[0].order_number}: {sentence(blocked[0].blocking[0])}"
        cannot = ngettext("{n} geht nicht ({first}).", "{n} gehen nicht ({first}).", len(blocked))
        question = f"{cannot.format(n=show.count(len(blocked)), first=first.rstrip('.'))} {question}"
    return question
