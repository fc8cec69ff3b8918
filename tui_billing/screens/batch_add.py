"""Customers and documents into a Rechnungsstapel that is not printed; what does not fit is said with its rule."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult

from tui_billing.domain.batches import InvoiceBatch, ReceivableEntry
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens.batch_texts import batch_title
from tui_billing.screens.form import FormScreen
from tui_billing.screens.widgets.field import Field
from tui_billing.screens.widgets.lines import BalanceLine, Rule
from tui_billing.services import batch_rows, batches

OFFERED = 12


class Added(NamedTuple):
    """What was taken in as a sentence, and the documents themselves."""

    text: str
    entries: tuple[ReceivableEntry, ...]


class BatchAddScreen(FormScreen):
    """Several numbers at once; the line below offers customers that match and are not in the batch yet (D4.4)."""

    NAME: ClassVar[str] = "batch_add"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Ein Kunde kommt mit allen Belegen, die hineinpassen. Sein Stichtag muss auf das Abschlussdatum fallen, "
        "außer der Stapel überschreibt die Erstellungsregeln."
    )

    def __init__(self, batch_id: int, customers: str = "") -> None:
        super().__init__()
        self._batch_id, self._customers = batch_id, customers

    def title_text(self) -> str:
        return _("Aufnehmen · {batch}").format(batch=batch_title(self.read_record()))

    def fields(self) -> Sequence[Field]:
        hint = N_("mehrere mit Komma")
        return (
            Field("customers", N_("Kundennummern"), width=30, hint=hint),
            Field("documents", N_("Belegnummern"), width=30, hint=hint),
        )

    def first_field(self) -> str:
        return "documents" if self._customers else "customers"

    def read_record(self) -> InvoiceBatch:
        return self.desk.store.need(InvoiceBatch, self._batch_id)

    def values_of(self, record: InvoiceBatch) -> Mapping[str, Any]:
        return {"customers": self._customers, "documents": ""}

    def compose_foot(self) -> ComposeResult:
        yield Rule()
        yield BalanceLine(id="balance")

    def reload(self) -> None:
        """Who may be added."""
        found = [c.number for c in batches.addable_customers(self.desk.store, self.read_record())]
        more = f" … ({len(found)})" if len(found) > OFFERED else ""
        text = ", ".join(found[:OFFERED]) + more
        self.query_one(BalanceLine).set(_("Passende Kunden: {numbers}").format(numbers=text or "–"))

    def store(self, record: InvoiceBatch, values: Mapping[str, Any]) -> Added:
        customers, documents = _numbers(values["customers"]), _numbers(values["documents"])
        if not customers and not documents:
            raise Refused(Problem("NICHTS_GEWAEHLT", N_("Bitte einen Kunden oder einen Beleg nennen.")))
        plan = batch_rows.plan_add(self.desk.store, record, customers=customers, documents=documents)
        batch_rows.apply_add(self.desk, plan)
        count = plan.balance.taken
        taken = {v.key for v in plan.verdicts if v.is_in}
        text = ngettext("{n} Beleg aufgenommen", "{n} Belege aufgenommen", count).format(n=count)
        return Added(text, tuple(e for e in plan.candidates if e.document_id in taken))

    def show_refused(self, problems: Sequence[Problem]) -> None:
        """Each sentence with the customer or document that it is about."""
        texts = [f"{p.where}: {sentence(p)}" if p.where else sentence(p) for p in problems]
        self.say(" · ".join(texts), alert=True)


def _numbers(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()
