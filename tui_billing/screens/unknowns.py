"""Ungeklärte Sendungen: what is known of each, and the clerk's decision. Nothing here is sent by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tui_billing.domain.messages import N_
from tui_billing.domain.runs import Dispatch
from tui_billing.domain.send_reasons import server_words
from tui_billing.i18n import _, ngettext
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.list_screen import ListScreen
from tui_billing.screens.widgets.record_table import Column
from tui_billing.screens.widgets.text_view import MUTED, PLAIN, STRONG
from tui_billing.services import unknowns
from tui_billing.services.errors import Refused, StoreError, problems_of
from tui_billing.services.sending import SendResult


@dataclass(frozen=True)
class Entry:
    """One sending with its id as the table wants it."""

    id: int
    it: unknowns.UnknownSending


class UnknownsScreen(ListScreen):
    """The list of ungeklärte sendings."""

    NAME: ClassVar[str] = "unknowns"
    TABLES: ClassVar[frozenset[str]] = frozenset(("dispatches", "run_rows"))
    HELP: ClassVar[str] = N_(
        "Diese Mails waren unterwegs, als die Verbindung oder das Programm endete; ob sie ankamen, ist offen. "
        "F6 sucht im Archivpostfach. Dann entscheiden: als versendet buchen, erneut senden oder zurückstellen."
    )
    EMPTY: ClassVar[str] = N_("Nichts ist ungeklärt.")
    LOG: ClassVar[str] = "dispatches"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("when", N_("unterwegs seit"), 14),
        Column("numbers", N_("Belege"), 14),
        Column("customer", N_("Kunde"), 14, flex=True),
        Column("gross", N_("Brutto"), 10, right=True),
        Column("server", N_("Server, letzte Antwort"), 16, flex=True),
    )

    def title_text(self) -> str:
        return _("Ungeklärte Sendungen")

    def fetch(self) -> list[Entry]:
        return [Entry(sending.dispatch.id, sending) for sending in unknowns.list_unknown(self.desk)]

    def cells(self, record: Entry) -> Sequence[str]:
        it = record.it
        reply = " ".join(t for t in (it.dispatch.server, _reply(it.dispatch)) if t)
        return (show.stamp(it.dispatch.in_flight_at), ", ".join(it.numbers), it.customer, show.amount(it.gross), reply)

    def sort_key(self, record: Entry, key: str) -> Any:
        known = {"when": record.it.dispatch.in_flight_at, "gross": record.it.gross}
        return known[key] if key in known else super().sort_key(record, key)

    def balance_text(self) -> str:
        eur = show.eur(sum((e.it.gross for e in self.records.values()), Decimal(0)))
        return _("{n} ungeklärt {eur}").format(n=len(self.records), eur=eur)

    def why_not(self, action: str) -> str:
        if action in ("open", "preview", "why", "as_sent", "again", "put_back") and self.current() is None:
            return _("Nichts ist ungeklärt, es gibt nichts zu entscheiden.")
        return ""

    # --- what is known ---

    def open_record(self, record: Entry) -> None:
        """Enter, F3: everything that is known."""
        d = record.it.dispatch
        pairs = (
            (_("Belege"), ", ".join(record.it.numbers)),
            (_("An"), ", ".join(d.recipients)),
            (_("Betreff"), d.subject),
            (_("Rechnungslauf"), str(record.it.run_number or "–")),
            (_("unterwegs seit"), show.stamp(d.in_flight_at)),
            (_("Versuche"), str(d.attempts)),
            (_("Versandweg"), " ".join(t for t in (d.transport, d.server) if t)),
            (_("Letzte Antwort"), _reply(d) or "–"),
            (_("Message-ID"), d.message_id),
            (_("Abgelegt als"), d.spool),
        )
        lines = [(record.it.customer, STRONG), *((f"  {label:16} {value}", PLAIN) for label, value in pairs)]
        lines += [("", PLAIN), (_("F6 in der Liste sucht diese Message-ID im Archivpostfach."), MUTED)]
        self.billing.open("pager", title=_("Sendung {id}").format(id=d.id), lines=lines)

    def action_preview(self) -> None:
        self.action_open()

    def action_why(self) -> None:
        """F6: ask the archive, in a thread."""
        dispatch_id = self.current().id  # type: ignore[union-attr]
        self.say(_("Sucht im Archivpostfach …"))
        self.start_task("look_up", lambda stop: unknowns.look_up(self.desk, dispatch_id))

    # --- decisions ---

    def action_as_sent(self) -> None:
        """F8: it arrived."""
        self._decide(_("als versendet buchen"), lambda i, reason: unknowns.book_as_sent(self.desk, i, reason))

    def action_put_back(self) -> None:
        """F12: it surely did not arrive."""
        self._decide(_("zurückstellen"), lambda i, reason: unknowns.put_back(self.desk, i, reason))

    def action_again(self) -> None:
        """F9: the same bytes once more, after a question: the customer may get it twice."""
        targets = [e.id for e in self.targets()]
        if len(targets) > 1:
            self.say(_("Erneut senden geht einzeln: bitte die Marken aufheben."), alert=True)
            return
        heading = _("Erneut senden: Grund (der Kunde kann die Mail doppelt bekommen)")
        self.billing.open("reason_form", lambda reason: self._send_again(targets[0], reason), heading=heading)

    def _send_again(self, dispatch_id: int, reason: str | None) -> None:
        if reason:
            self.start_task("again", lambda stop: unknowns.send_again(self.desk, dispatch_id, reason, stop=stop))

    def _decide(self, what: str, act: Callable[[int, str], Any]) -> None:
        ids = [e.id for e in self.targets()]

        def decide(reason: str | None) -> None:
            if reason:
                self._decide_each(ids, what, lambda i: act(i, reason))

        heading = ngettext("{n} Sendung {what}: Grund", "{n} Sendungen {what}: Grund", len(ids))
        heading = heading.format(n=len(ids), what=what)
        self.billing.open("reason_form", decide, heading=heading)

    def _decide_each(self, ids: Sequence[int], what: str, act: Callable[[int], Any]) -> None:
        """Each by itself: what a colleague has decided meanwhile keeps none of the others back, and is said."""
        errors = []
        for dispatch_id in ids:
            try:
                act(dispatch_id)
            except (Refused, StoreError, OSError) as error:
                errors.append(error)
        self.reload()
        if not errors:
            self.say(_("{n} entschieden: {what}").format(n=len(ids), what=what))
            return
        done = _("{n} von {all} entschieden: {what}.").format(n=len(ids) - len(errors), all=len(ids), what=what)
        self.say(" ".join([done, *(sentence(p) for e in errors for p in problems_of(e))]), alert=True)

    def task_done(self, name: str, result: Any) -> None:
        self.reload()
        if isinstance(result, SendResult):
            why = sentence(result.last) if result.last else ""
            text = _("Versendet.") if result.sent else _("Sie bleibt ungeklärt. {why}").format(why=why).rstrip()
            self.say(text, alert=not result.sent)
        else:
            self.say(look_up_text(result))


def _reply(dispatch: Dispatch) -> str:
    return server_words(dispatch.reply_code, dispatch.reply)


def look_up_text(result: Any) -> str:
    """What the archive said."""
    if result.found is None:
        return _("Das Archivpostfach antwortet nicht: {reply}").format(reply=result.detail)
    return (
        _("Im Archivpostfach gefunden: die Mail wurde versendet. F8 bucht sie so.")
        if result.found
        else _("Nicht im Archivpostfach. Das beweist noch nicht, dass sie nicht ankam.")
    )
