"""Bericht Rechnungsstapel: from-to, preview, print, Neudruck as sent or recomputed."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, ClassVar

from tui_billing.domain.batches import BatchState, InvoiceBatch
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.statement_rules import FIGURE_NAMES
from tui_billing.i18n import _, ngettext, speak
from tui_billing.i18n import say as sentence
from tui_billing.screens import batch_actions, show
from tui_billing.screens.batch_texts import batch_title
from tui_billing.screens.form import FormScreen
from tui_billing.screens.readers import whole_number
from tui_billing.screens.widgets.field import NEIN_JA, Field
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import batch_mail, batch_reprint, output
from tui_billing.services.batch_check import asked_for, need_open
from tui_billing.services.batch_figures import batch_by_number
from tui_billing.services.batch_print import PrintOptions
from tui_billing.services.batch_report import file_name, preview
from tui_billing.services.batch_reprint import Recomputed
from tui_billing.services.batches import batches_in_range
from tui_billing.services.desk import Desk, Progress

WAYS = (
    ("print", N_("Drucken")),
    ("preview", N_("Vorschau (ENTWURF)")),
    ("as_sent", N_("Neudruck wie gesendet (Kopie)")),
    ("recompute", N_("Neudruck aus heutigen Daten")),
)


class BatchReportScreen(FormScreen):
    """The help text's report; dismissed with a sentence once a batch is printed."""

    NAME: ClassVar[str] = "batch_report"
    HAS_VERSIONS = False
    HELP: ClassVar[str] = N_(
        "Die Vorschau markiert nichts. Drucken prüft erst alles, druckt dann alles und sperrt die Stapel. Der Neudruck "
        "gibt die archivierten Dateien als Kopie aus, oder rechnet aus heutigen Daten und nennt die Ursachen der "
        "Unterschiede. Ein Kundenbereich gilt nur für Vorschau und Neudruck."
    )

    def __init__(self, numbers: Sequence[int] = ()) -> None:
        super().__init__()
        self._numbers = tuple(sorted(numbers))
        self._to_run = False

    def title_text(self) -> str:
        numbers = ", ".join(map(str, self._numbers))
        return (
            _("Bericht Rechnungsstapel · {numbers}").format(numbers=numbers)
            if self._is_picked
            else _("Bericht Rechnungsstapel")
        )

    @property
    def _is_picked(self) -> bool:
        """Whether single batches were marked that are no range of all that lie between them."""
        if len(self._numbers) < 2:
            return False
        between = batches_in_range(self.desk.store, self._numbers[0], self._numbers[-1])
        return len(between) > len(self._numbers)

    def fields(self) -> Sequence[Field]:
        number = whole_number(999_999)
        numbers = (
            Field("low", N_("Stapel von"), parse=number, width=8),
            Field("high", N_("bis"), parse=number, width=8),
        )
        return (
            *(() if self._is_picked else numbers),
            Field("way", N_("Was"), choices=WAYS),
            Field("customer_from", N_("Kunde von"), width=12, hint=N_("leer: alle")),
            Field("customer_to", N_("Kunde bis"), width=12),
            Field("with_copies", N_("Versendete als Kopien dazu"), choices=NEIN_JA),
            Field("to_run", N_("E-Mail-Kunden in einen Lauf"), choices=NEIN_JA),
        )

    def first_field(self) -> str:
        return "way" if self._numbers else "low"

    def values_of(self, record: Any) -> Mapping[str, Any]:
        low, high = (self._numbers[0], self._numbers[-1]) if self._numbers else (0, 0)
        found = [batch_by_number(self.desk.store, n) for n in self._numbers]
        printed = bool(found) and all(b.state is BatchState.PRINTED for b in found)
        return {
            "low": low,
            "high": high,
            "way": "as_sent" if printed else "print",
            "customer_from": "",
            "customer_to": "",
            "with_copies": False,
            "to_run": False,
        }

    def store(self, record: Any, values: Mapping[str, Any]) -> Any:
        """Do what was chosen; only printing asks."""
        way, self._to_run = values["way"], values["to_run"]
        found = self._asked_for(values)
        if way == "print":
            if values["customer_from"] or values["customer_to"]:
                text = N_("Der Druck sperrt den ganzen Stapel; ein Kundenbereich gilt nur für Vorschau und Neudruck.")
                raise Refused(Problem("NUR_GANZER_STAPEL", text))
            skip = batch_mail.gets_mail if self._to_run else PrintOptions().only_statement
            options = PrintOptions(with_copies=values["with_copies"], only_statement=skip)
            batch_actions.check(self, found, options)
            return None
        desk, people = self.desk, (values["customer_from"], values["customer_to"])
        self.say(_("Beginnt …"))
        self.start_task(way, lambda stop: _each(WORK[way], desk, found, people, stop))
        return None

    def _asked_for(self, values: Mapping[str, Any]) -> list[InvoiceBatch]:
        """The marked batches, or those from number to number."""
        store = self.desk.store
        if self._is_picked:
            picked = [batch_by_number(store, n) for n in self._numbers]
            return need_open(picked, *self._numbers[:2]) if values["way"] == "print" else picked
        low, high = values["low"], values["high"] or values["low"]
        if values["way"] == "print":
            return asked_for(store, low, high)
        return batches_in_range(store, low, high) or [batch_by_number(store, low)]

    def finish(self, result: Any) -> None:
        """The form stays until printing has ended."""

    def task_done(self, name: str, result: Any) -> None:
        if name == "check":
            batch_actions.ask_to_print(self, result)
        elif name == "print":
            self.dismiss(self._printed(result))
        elif name == "recompute" and result:
            lines = [line for one in result for line in one]
            self.billing.open("pager", title=_("Neuberechnung"), lines=lines)
        else:
            files = [f for one in result for f in one]
            text = ngettext("{n} Datei: {file}", "{n} Dateien, die erste: {file}", len(files))
            self.say(text.format(n=len(files), file=files[0]) if files else _("Angehalten."))

    def _printed(self, result: Any) -> str:
        text = batch_actions.printed_text(result)
        for one in result[0] if self._to_run else ():
            try:
                made = batch_mail.create_run(self.desk, one.batch)
                text += " · " + _("Rechnungslauf {number} angelegt").format(number=made.number)
            except Refused as error:
                text += " · " + sentence(error.problems[0])
        return text

    def action_back(self) -> None:
        """Esc: halt the printing, else leave."""
        if self.task_now is not None:
            super(FormScreen, self).action_back()
        else:
            self.dismiss(None)


People = tuple[str, str]
Stop = Callable[[], bool]
Steps = Generator[Progress, None, list[Any]]


def _each(
    work: Callable[[Desk, InvoiceBatch, People, Stop], Steps],
    desk: Desk,
    found: Sequence[InvoiceBatch],
    people: People,
    stop: Stop,
) -> Steps:
    """Batch by batch; what a stop has left undone is missing."""
    done = []
    for batch in found:
        made = yield from work(desk, batch, people, stop)
        if made:
            done.append(made)
        if stop():
            break
    return done


def _preview(desk: Desk, batch: InvoiceBatch, people: People, stop: Stop) -> Steps:
    target = output.output_folder(desk) / file_name(batch, mark="ENTWURF")
    made = yield from preview(desk, batch, target, *people, stop=stop)
    return [made] if made else []


def _as_sent(desk: Desk, batch: InvoiceBatch, people: People, stop: Stop) -> Steps:
    return (yield from batch_reprint.reprint_as_sent(desk, batch, output.output_folder(desk), *people, stop=stop))


def _recompute(desk: Desk, batch: InvoiceBatch, people: People, stop: Stop) -> Steps:
    """Files and what has changed, as lines to read."""
    found = yield from batch_reprint.plan_recompute(desk.store, batch, *people)
    folder = output.output_folder(desk)
    files = yield from batch_reprint.print_recomputed(desk, batch, found, folder, stop=stop)
    lines = [(batch_title(batch), STRONG), *(line for one in found for line in recomputed_lines(one))]
    return [*lines, ("", PLAIN), *((str(f), MUTED) for f in files)]


WORK: dict[str, Callable[[Desk, InvoiceBatch, People, Stop], Steps]] = {
    "preview": _preview,
    "as_sent": _as_sent,
    "recompute": _recompute,
}
"""What each way does with one batch, in a thread."""


def recomputed_lines(one: Recomputed) -> list[tuple[str, str]]:
    """One customer: each figure that differs, its causes, the later batches that it touches."""
    name = f"{one.part.customer.number} {one.part.customer.name}"
    if not one.differences:
        text = _("{name}: unverändert, Rechnungsbetrag {due}")
        return [(text.format(name=name, due=show.eur(one.sent.amount_due)), MUTED)]
    lines = [(name, STRONG)]
    for d in one.differences:
        sign = "+" if d.change > 0 else ""
        text = _("  {figure}: gesendet {sent}, jetzt {now} ({change})")
        lines.append(
            (
                text.format(
                    figure=_(FIGURE_NAMES[d.field]),
                    sent=show.amount(d.as_sent),
                    now=show.amount(d.recomputed),
                    change=sign + show.amount(d.change),
                ),
                PLAIN,
            )
        )
    for c in one.causes:
        lines.append((f"  {speak(c.text, c.params)}", PLAIN))
        lines.append((f"    {c.by}, {show.stamp(c.at)}{' – ' + c.reason if c.reason else ''}", MUTED))
    for b in one.later:
        text = _("  berührt Stapel {number} vom {day}: gesendet {sent}, jetzt {now}")
        shown = text.format(
            number=b.number, day=show.day(b.close_date), sent=show.amount(b.as_sent), now=show.amount(b.recomputed)
        )
        lines.append((shown, PLAIN))
    return lines
