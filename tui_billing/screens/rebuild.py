"""Neu aufbauen: what is new, gone or different, before anything happens; F8 takes it, Leer brings removed ones back."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.messages import N_
from tui_billing.domain.parties import CustomerHead
from tui_billing.domain.runs import RunRow
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.run_texts import balance_line, reason_name
from tui_billing.screens.widgets.record_table import Column
from tui_billing.services import run_rebuild
from tui_billing.services.run_rebuild import CHANGE_NAMES
from tui_billing.services.runs import balance_of


@dataclass(frozen=True)
class Difference:
    """One row of the difference: sign +, -, ~ or blank for what stays removed."""

    id: int
    sign: str
    row: RunRow
    text: str
    gross: Decimal


class RebuildScreen(ListScreen):
    """Dismissed with the sentence to say, or None."""

    NAME: ClassVar[str] = "rebuild"
    TABLES: ClassVar[frozenset[str]] = frozenset(("invoices", "customers", "runs", "run_rows", "ignored"))
    HELP: ClassVar[str] = N_(
        "Was sich am Lauf ändern würde: + kommt hinein, - fällt heraus, ~ hat sich geändert. Von Hand Entferntes "
        "bleibt draußen, bis b es zurückholt. F8 baut den Lauf so auf."
    )
    EMPTY: ClassVar[str] = N_("Kein Unterschied: der Lauf ist auf dem Stand der Daten.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("sign", "", 1),
        Column("number", N_("Nummer"), 13),
        Column("date", N_("Datum"), 8, rank=1),
        Column("customer", N_("Kunde"), 13, flex=True),
        Column("gross", N_("Brutto"), 10, right=True),
        Column("text", N_("Unterschied"), 20),
    )

    def __init__(self, run_id: int) -> None:
        super().__init__()
        self._run_id = run_id
        self._bring_back = False
        self._names: dict[int, str] = {}
        self.plan: run_rebuild.RebuildPlan | None = None

    def title_text(self) -> str:
        number = self.plan.run.number if self.plan else ""
        return _("Rechnungslauf {number} · neu aufbauen").format(number=number)

    def fetch(self) -> tuple[run_rebuild.RebuildPlan, dict[int, str]]:
        plan = run_rebuild.plan_rebuild(self.desk.store, self._run_id, self.desk.today(), bring_back=self._bring_back)
        ids = {d.row.customer_id for d in differences(plan)}
        return plan, {c.id: c.name for c in self.desk.store.get_many(CustomerHead, sorted(ids)).values()}

    def show(self, data: Any) -> None:
        self.plan, self._names = data
        super().show(differences(data[0]))

    def cells(self, record: Difference) -> Sequence[str]:
        row = record.row
        day, name = show.short_day(row.invoice_date), self._names.get(row.customer_id, "")
        return (record.sign, row.number, day, name, show.amount(record.gross), record.text)

    def widths(self) -> dict[str, int]:
        return {"gross": show.amount_width((d.gross for d in self.records.values()), 10)}

    def sort_key(self, record: Difference, key: str) -> Any:
        known = {"date": record.row.invoice_date, "gross": record.gross}
        return known[key] if key in known else super().sort_key(record, key)

    def tone(self, record: Difference) -> str:
        return "" if record.sign.strip() else "muted"

    def balance_text(self) -> str:
        return balance_line(self.plan.balance) if self.plan else ""

    def idle_note(self) -> str:
        """What the run takes now; the balance below is that after F8."""
        if self.plan is None or self.plan.is_empty:
            return ""
        before = balance_of(self.plan.run)
        return _("bisher {n} im Lauf {eur}").format(n=show.count(before.taken), eur=show.eur(before.taken_eur))

    def why_not(self, action: str) -> str:
        if action == "save" and (self.plan is None or self.plan.is_empty):
            return _("Kein Unterschied, nichts zu tun.")
        if action == "bring_back" and (self.plan is None or not (self.plan.removed or self.plan.back)):
            return _("Nichts ist von Hand entfernt.")
        return ""

    def action_bring_back(self) -> None:
        """Bring back what was removed by hand, or leave it out again."""
        self._bring_back = not self._bring_back
        self.reload()

    def action_save(self) -> None:
        """Build it as shown; `u` takes it back."""
        assert self.plan is not None
        run_rebuild.apply_rebuild(self.desk, self.plan)
        plan = self.plan
        self.dismiss(
            _("Neu aufgebaut: {new} neu, {gone} entfallen, {changed} geändert").format(
                new=len(plan.new) + len(plan.back), gone=len(plan.gone), changed=len(plan.changed)
            )
        )


def differences(plan: run_rebuild.RebuildPlan) -> list[Difference]:
    """The rows of the difference, what changes first."""
    found = [("+", row, _("neu im Lauf"), row.gross) for row in plan.new]
    found += [("+", row, _("wieder aufgenommen"), row.gross) for row in plan.back]
    found += [("-", row, reason_name(code), row.gross) for row, code in plan.gone]
    found += [
        ("~", c.after, _("{what} geändert").format(what=", ".join(_(CHANGE_NAMES[w]) for w in c.what)), c.after.gross)
        for c in plan.changed
    ]
    found += [(" ", row, _("bleibt entfernt"), row.gross) for row in plan.removed]
    return [Difference(row.document_id, sign, row, text, gross) for sign, row, text, gross in found]
