"""Prüfung: the journal's chain and tables; numbers, sums, balances and every file's bytes against the records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from tui_billing.domain.messages import N_, Problem
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import CURSOR_KEYS, ListScreen
from tui_billing.screens.row_ids import RowIds
from tui_billing.screens.widgets.record_table import Column
from tui_billing.screens.widgets.text_view import PLAIN
from tui_billing.services.maintenance import verify_folder
from tui_billing.services.verify_report import WHAT, Report

WHERE = 18
"""Cells of the column Wo."""


@dataclass(frozen=True)
class Entry:
    """A problem, or one kind of thing that was checked and is in order."""

    id: int
    sign: str
    where: str
    text: str
    whole: str = ""
    """The sentence with its place, for Enter."""


class VerifyScreen(ListScreen):
    """Checks when it is opened; F5 checks again."""

    NAME: ClassVar[str] = "verify"
    TABLES: ClassVar[frozenset[str]] = frozenset(("none",))
    HELP: ClassVar[str] = N_(
        "Prüft die Kette des Journals, Nummern und Lücken, Summen, Bilanzen der Läufe und Stapel und die Prüfsumme "
        "jeder Datei. Es wird nur gelesen. „tui-billing verify“ prüft dasselbe und setzt den Rückgabewert."
    )
    EMPTY: ClassVar[str] = N_("Prüft …")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("sign", "", 1),
        Column("where", N_("Wo"), WHERE),
        Column("text", N_("Befund"), 40, flex=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self.report: Report | None = None
        self._ids = RowIds()

    @property
    def has_read(self) -> bool:
        """Whether the check has ended."""
        return self.report is not None

    def takes(self, key: str) -> bool:
        """The check may take minutes; only the cursor needs its rows."""
        return key not in CURSOR_KEYS or self.has_read

    def title_text(self) -> str:
        return _("Prüfung")

    def reload(self, cursor: int | None = None) -> None:
        """The check is a task with a bar; Esc does not stop it, leaving does."""
        if self.task_now is None:
            self.start_task("verify", lambda stop: verify_folder(self.desk), extra=_("es wird nur gelesen"))

    def action_back(self) -> None:
        """Reading does no harm when nobody waits for it."""
        self.task_now = None
        super().action_back()

    def task_done(self, name: str, result: Any) -> None:
        self.report = result
        self.show(entries(result, self._ids))

    def cells(self, record: Entry) -> Sequence[str]:
        return (record.sign, record.where, record.text)

    def tone(self, record: Entry) -> str:
        return {"✗": "alert", "!": ""}.get(record.sign, "muted")

    def balance_text(self) -> str:
        if self.report is None:
            return ""
        wrong = sum(not p.warning for p in self.report.problems)
        warnings = len(self.report.problems) - wrong
        text = _("{n} Fehler").format(n=wrong) if wrong else _("Alles in Ordnung")
        if warnings:
            text += " · " + ngettext("{n} Hinweis", "{n} Hinweise", warnings).format(n=warnings)
        return text

    def why_not(self, action: str) -> str:
        return _("Kein Befund unter dem Zeiger.") if action in ("open", "log") and self.current() is None else ""

    def open_record(self, record: Entry) -> None:
        """Enter: the whole sentence."""
        is_finding = record.sign != "✓"
        title = _("Prüfung · {where}").format(where=record.where) if is_finding else self.title_text()
        self.billing.open("pager", title=title, lines=[(record.whole or record.text, PLAIN)])

    def action_refresh(self) -> None:
        self.reload()

    def action_log(self) -> None:
        self.billing.open("audit")


def entries(report: Report, ids: RowIds) -> list[Entry]:
    """Problems first, then what was looked at; each keeps its number when it is found again."""
    found = [("!" if p.warning else "✗", *_place_and_text(p), sentence(p)) for p in report.problems]
    for what, number in report.checked.items():
        found.append(("✓", show.count(number), _(WHAT.get(what, what)), ""))
    numbers = ids.of((sign, where, text) if sign != "✓" else text for sign, where, text, _whole in found)
    return [Entry(number, *parts) for number, parts in zip(numbers, found, strict=True)]


def _place_and_text(problem: Problem) -> tuple[str, str]:
    """A place in a file is shown from its end, where the line is; what is wrong there stands in the text alone."""
    file, line = problem.params.get("file"), problem.params.get("line")
    if not line or "what" not in problem.params:
        return problem.where, sentence(problem)
    place = f"{file}:{line}"
    short = place if len(place) <= WHERE else f"…{place[1 - WHERE :]}"
    return short, sentence(replace(problem, text="{what}"))
