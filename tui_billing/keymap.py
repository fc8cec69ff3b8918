"""ONE table of keys: action, key, twin, label, tooltip, screens. Bindings, F1, palette and the README come from it.

A new screen adds its name to the sets below and, where it does something of its own, rows to `KEYS`.
`screens` are the names of app.SCREENS; "table" and "text" are widgets that bring keys into every screen they are on.
Every F-key has a letter as its twin, because terminals on telephones and some consoles send no F-keys.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_billing.domain.messages import N_
from tui_billing.i18n import _


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One row: `action` names the screen's action_…; `foot` puts it into the line of keys; keys as Textual has them."""

    action: str
    key: str
    twin: str
    label: str
    tooltip: str
    screens: frozenset[str]
    foot: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Key and twin, without an empty one."""
        return tuple(k for k in (self.key, self.twin) if k)


def _on(*names: str) -> frozenset[str]:
    return frozenset(names)


LISTS = _on(
    "runs",
    "run_detail",
    "rebuild",
    "triage",
    "customers",
    "invoices",
    "ignored",
    "unknowns",
    "audit",
    "verify",
    "orders",
    "order_periods",
    "interval_grid",
    "interval_created",
    "creations",
    "gaps",
    "invoicing",
    "batches",
    "batch_plan",
    "batch_detail",
    "batch_customer",
    "batch_calendar",
    "dummy",
    "payments",
    "receivables",
    "numbers",
)
"""Screens with one table: filter, sort, marks, F5."""
FORMS = _on(
    "run_form",
    "customer_form",
    "company_form",
    "mail_form",
    "trial_mail",
    "number_form",
    "type_form",
    "ignored_form",
    "contact_form",
    "reason_form",
    "order_form",
    "interval_form",
    "invoicing_form",
    "mass_print",
    "batch_generate",
    "batch_add",
    "batch_report",
    "payment_form",
    "payment_allocate",
    "payment_return",
    "receivable_form",
)
"""Screens with fields: letters are typed, so only F-keys and Strg work there."""
POSITIONS = _on("order_form", "invoicing_form")
"""Forms with positions."""
QUESTIONS = _on("why", "interval_why", "batch_why")
"""Screens with a number and its answer below it."""
PAGERS = _on("pager") | QUESTIONS
"""Screens that show text: help, log, preview, Warum."""
OTHERS = _on("start", "invoice_detail")
EVERYWHERE = LISTS | FORMS | PAGERS | OTHERS | _on("palette")
TABLE, TEXT = _on("table"), _on("text")

FORBIDDEN = frozenset(("ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "alt+enter", "ctrl+b", "f10", "f11"))
"""Backspace, Tab, Enter, tmux and the window's own menu: never bound."""

KEYS: tuple[KeyRow, ...] = (
    KeyRow("help", "f1", "question_mark", N_("Hilfe"), N_("Hilfe zu diesem Bildschirm"), EVERYWHERE, True),
    # --- Start ---
    KeyRow("runs", "r", "", N_("Rechnungsläufe"), N_("Abrechnung > Rechnungen > Rechnungsläufe"), _on("start")),
    KeyRow("invoices", "b", "", N_("Rechnungen"), N_("Belege suchen und ansehen"), _on("start")),
    KeyRow("customers", "k", "", N_("Kunden"), N_("Kunden, Anschrift und Versandart Abrechnung"), _on("start")),
    KeyRow("unknowns", "g", "", N_("Ungeklärte Sendungen"), N_("Sendungen ohne Antwort entscheiden"), _on("start")),
    KeyRow("ignored", "f7", "i", N_("Ignorierte"), N_("Ignorierte Kunden und Rechnungen"), _on("start")),
    KeyRow("company", "f", "", N_("Firma"), N_("Verkäufer, Bank, Steuer, Nummern"), _on("start")),
    KeyRow("mail", "m", "", N_("Versand und Mailtext"), N_("Absender, Text, Mailserver, Testmail"), _on("start")),
    KeyRow("audit", "f2", "l", N_("Protokoll"), N_("Wer hat was wann geändert"), _on("start")),
    KeyRow("verify", "p", "", N_("Prüfung"), N_("Datenbestand prüfen, Lücken der Nummern"), _on("start")),
    KeyRow("import", "c", "", N_("Import"), N_("Kunden und Rechnungen aus CSV"), _on("start")),
    KeyRow("demo", "d", "", N_("Demo"), N_("Die erfundene Musterfirma anlegen"), _on("start")),
    KeyRow("orders", "a", "", N_("Aufträge"), N_("Aufträge mit ihren Intervallrechnungen"), _on("start")),
    KeyRow("intervals", "t", "", N_("Intervallrechnungen"), N_("Auswählen, was ansteht, und erstellen"), _on("start")),
    KeyRow("invoicing", "e", "", N_("Rechnungsstellung"), N_("Belege anlegen, ändern, einzeln senden"), _on("start")),
    KeyRow("mass_print", "x", "", N_("Massendruck"), N_("Rechnungen von Nummer bis Nummer drucken"), _on("start")),
    KeyRow("gaps", "w", "", N_("Lücken"), N_("Perioden, die nie berechnet wurden"), _on("start")),
    KeyRow("batches", "h", "", N_("Rechnungsstapel"), N_("Belege nach Stichtag sammeln und drucken"), _on("start")),
    KeyRow("payments", "z", "", N_("Zahlungen"), N_("Zahlungen erfassen und zuordnen"), _on("start")),
    KeyRow("receivables", "o", "", N_("Offene Posten"), N_("Gebuchte Debitorentransaktionen - Detail"), _on("start")),
    # --- lists ---
    KeyRow("open", "enter", "", N_("Öffnen"), N_("Den Eintrag unter dem Zeiger öffnen"), LISTS | _on("start")),
    KeyRow("new", "insert", "n", N_("Neu"), N_("Rechnungslauf anlegen"), _on("runs"), True),
    KeyRow("new", "insert", "n", N_("Neu"), N_("Einen Kunden anlegen"), _on("customers"), True),
    KeyRow("new", "insert", "n", N_("Aufnehmen"), N_("Kunden oder Rechnung ignorieren"), _on("ignored"), True),
    KeyRow("new", "insert", "n", N_("Neu"), N_("Einen Auftrag anlegen"), _on("orders"), True),
    KeyRow("new", "insert", "n", N_("Neu"), N_("Rechnung, Gutschrift oder Lastschrift"), _on("invoicing"), True),
    KeyRow("delete", "delete", "d", N_("Löschen"), N_("Aufträge, die nie berechnet wurden"), _on("orders"), True),
    KeyRow("delete", "delete", "d", N_("Zeile löschen"), N_("Nur aus dieser Auswahl"), _on("interval_grid"), True),
    KeyRow("cancel", "delete", "d", N_("Storno"), N_("Den Beleg stornieren, mit Grund"), _on("invoicing"), True),
    KeyRow("delete", "delete", "d", N_("Löschen"), N_("Markierte Rechnungsläufe löschen"), _on("runs"), True),
    KeyRow("delete", "delete", "d", N_("Freigeben"), N_("Markierte wieder zulassen"), _on("ignored"), True),
    KeyRow("delete", "delete", "d", N_("Entfernen"), N_("Auswahl aus dem Lauf entfernen"), _on("run_detail"), True),
    KeyRow("rebuild", "f5", "r", N_("Neu aufbauen"), N_("Erst den Unterschied zeigen"), _on("run_detail"), True),
    KeyRow("refresh", "f5", "r", N_("Aktualisieren"), N_("Neu aus dem Datenbestand lesen"), LISTS - _on("run_detail")),
    KeyRow("why", "f6", "w", N_("Warum"), N_("Warum ein Auftrag ansteht oder nicht"), _on("orders", "gaps"), True),
    KeyRow("why", "f6", "w", N_("Warum"), N_("Auch für Aufträge außerhalb der Liste"), _on("interval_grid"), True),
    KeyRow("create", "f8", "x", N_("Erstellen"), N_("Die Rechnungen erstellen"), _on("interval_grid"), True),
    KeyRow(
        "edit",
        "f4",
        "e",
        N_("Kunde"),
        N_("Den Kunden der Zeile ändern"),
        _on("interval_grid", "interval_created", "batch_detail"),
    ),
    KeyRow("waive", "f12", "a", N_("Auslassen"), N_("Periode mit Grund auslassen"), _on("interval_grid", "gaps"), True),
    KeyRow(
        "waive",
        "f12",
        "a",
        N_("Auslassen"),
        N_("Auslassen, Ausgelassenes zurückholen"),
        _on("order_periods"),
        True,
    ),
    KeyRow(
        "end_credit",
        "f8",
        "x",
        N_("Erstatten"),
        N_("Gutschrift zum Vertragsende"),
        _on("order_periods"),
        True,
    ),
    KeyRow("periods", "p", "", N_("Perioden"), N_("Was berechnet, ausgelassen, fällig ist"), _on("orders")),
    KeyRow("edit", "f4", "e", N_("Ändern"), N_("Den Auftrag ändern"), _on("orders")),
    KeyRow("once", "b", "", N_("Berechnen"), N_("Auftrag ohne Intervall einmal berechnen"), _on("orders"), True),
    KeyRow("resume", "f8", "x", N_("Fortsetzen"), N_("Unterbrochene Erstellung"), _on("interval_created"), True),
    KeyRow("print", "f9", "p", N_("Massendruck"), N_("Alle diese Rechnungen drucken"), _on("interval_created"), True),
    KeyRow("export", "c", "", N_("CSV"), N_("Liste der Nummern als Datei"), _on("interval_created"), True),
    KeyRow("to_run", "m", "", N_("In neuen Lauf"), N_("Markierte, sonst alle"), _on("interval_created"), True),
    KeyRow("edit", "f4", "e", N_("Ändern"), N_("Den angelegten Beleg ändern"), _on("invoicing")),
    KeyRow("mail", "f8", "x", N_("Senden"), N_("Den Beleg per E-Mail senden"), _on("invoicing"), True),
    KeyRow("print", "f9", "p", N_("Drucken"), N_("Drucken schreibt fest"), _on("invoicing"), True),
    KeyRow("to_run", "m", "", N_("In neuen Lauf"), N_("Markierte in einen neuen Lauf"), _on("invoicing")),
    KeyRow("switch", "tab", "", N_("Angelegt/alle"), N_("Angelegte Belege oder alle"), _on("invoicing")),
    KeyRow("preview", "f3", "o", N_("Vorschau"), N_("Die Rechnung, wie sie würde"), _on("interval_grid")),
    KeyRow("preview", "f3", "o", N_("Vorschau"), N_("Den Beleg als Text ansehen"), _on("invoicing")),
    KeyRow(
        "why", "f6", "w", N_("Warum"), N_("Warum drin, warum nicht; auch nach einer Nummer"), _on("run_detail"), True
    ),
    KeyRow("execute", "f8", "x", N_("Durchführen"), N_("PDF erstellen und versenden"), _on("run_detail"), True),
    KeyRow("triage", "t", "", N_("Versandwege"), N_("E-Mail, Brief, ohne Weg, gesperrt"), _on("run_detail")),
    KeyRow("confirm", "c", "", N_("Adresse bestätigen"), N_("Geänderte Adressen gelten lassen"), _on("run_detail")),
    KeyRow(
        "bounced",
        "b",
        "",
        N_("Unzustellbar"),
        N_("Die Mail kam zurück; noch einmal b: wieder bereit"),
        _on("run_detail"),
    ),
    KeyRow("edit", "f4", "e", N_("Kontakt"), N_("Kontakt des Kunden hier ändern"), _on("run_detail")),
    KeyRow("edit", "f4", "e", N_("Ändern"), N_("Den Datensatz ändern"), _on("customers"), True),
    KeyRow("edit", "f4", "e", N_("Kunde"), N_("Den Kunden des Belegs ändern"), _on("invoices", "invoice_detail")),
    KeyRow(
        "preview", "f3", "o", N_("Vorschau"), N_("Beleg und Mail, wie sie hinausgehen"), _on("run_detail", "unknowns")
    ),
    KeyRow(
        "preview",
        "f3",
        "o",
        N_("Vorschau"),
        N_("Mail und Beleg als Text ansehen"),
        _on("invoices", "invoice_detail"),
        True,
    ),
    KeyRow("trial_mail", "t", "", N_("Testmail"), N_("Den Beleg an die eigene Adresse"), _on("invoice_detail"), True),
    KeyRow("log", "f2", "l", N_("Protokoll"), N_("Was mit diesem Datensatz geschah"), LISTS | _on("invoice_detail")),
    KeyRow("ignored", "f7", "i", N_("Ignorierte"), N_("Ignorierte Kunden bearbeiten"), _on("runs"), True),
    KeyRow("ignored", "f7", "i", N_("Ignorierte"), N_("Ignorierte Kunden bearbeiten"), _on("run_detail")),
    KeyRow("ignored", "f7", "i", N_("Ignorieren"), N_("Markierte Kunden ignorieren"), _on("customers"), True),
    KeyRow("ignored", "f7", "i", N_("Ignorieren"), N_("Markierte Rechnungen ignorieren"), _on("invoices")),
    KeyRow(
        "log", "f2", "", N_("Protokoll"), N_("Was mit diesem Datensatz geschah"), _on("customer_form", "company_form")
    ),
    KeyRow("switch", "tab", "", N_("Kunden/Rechnungen"), N_("Zwischen beiden Listen wechseln"), _on("ignored"), True),
    KeyRow("to_run", "m", "", N_("In neuen Lauf"), N_("Markierte in einen neuen Rechnungslauf"), _on("invoices"), True),
    KeyRow("why", "f6", "w", N_("Suchen"), N_("Die Message-ID im Archivpostfach suchen"), _on("unknowns"), True),
    KeyRow("as_sent", "f8", "x", N_("Versendet"), N_("Als versendet buchen"), _on("unknowns"), True),
    KeyRow("again", "f9", "p", N_("Nochmal"), N_("Dieselbe Mail noch einmal senden"), _on("unknowns"), True),
    KeyRow("put_back", "f12", "a", N_("Zurückstellen"), N_("Wieder offen, ohne zu senden"), _on("unknowns"), True),
    KeyRow("save", "f8", "x", N_("So aufbauen"), N_("Den Lauf so neu aufbauen"), _on("rebuild"), True),
    KeyRow("bring_back", "b", "", N_("Zurückholen"), N_("Von Hand Entferntes wieder aufnehmen"), _on("rebuild"), True),
    KeyRow("edit", "f4", "e", N_("Kontakt"), N_("Kontakt des Kunden hier ändern"), _on("triage"), True),
    KeyRow("switch", "tab", "", N_("Nächster Weg"), N_("E-Mail, Brief, ohne Weg, gesperrt"), _on("triage"), True),
    KeyRow("generate", "f8", "x", N_("Generieren"), N_("Rechnungsstapel generieren"), _on("batches"), True),
    KeyRow("new", "insert", "n", N_("Von Hand"), N_("Einen leeren Stapel anlegen"), _on("batches"), True),
    KeyRow("delete", "delete", "d", N_("Löschen"), N_("Nicht gedruckte Stapel löschen"), _on("batches"), True),
    KeyRow("print", "f9", "p", N_("Drucken"), N_("Bericht Rechnungsstapel, auch Neudruck"), _on("batches"), True),
    KeyRow("calendar", "c", "", N_("Kalender"), N_("Abschlussdaten des Jahres, wer darauf fällt"), _on("batches")),
    KeyRow("dummy", "y", "", N_("Dummy"), N_("Dummy-Assistent für alte Belege"), _on("batches")),
    KeyRow("generate", "f8", "x", N_("Generieren"), N_("Genau diesen Plan ausführen"), _on("batch_plan"), True),
    KeyRow("why", "f6", "w", N_("Warum"), N_("Warum drin, warum nicht"), _on("batch_plan"), True),
    KeyRow(
        "new", "insert", "n", N_("Aufnehmen"), N_("Kunden oder Belege"), _on("batch_detail", "batch_customer"), True
    ),
    KeyRow("delete", "delete", "d", N_("Entfernen"), N_("Kunden aus dem Stapel"), _on("batch_detail"), True),
    KeyRow("delete", "delete", "d", N_("Entfernen"), N_("Belege aus dem Stapel"), _on("batch_customer"), True),
    KeyRow("why", "f6", "w", N_("Warum"), N_("Warum drin, warum nicht"), _on("batch_detail", "batch_customer"), True),
    KeyRow("print", "f9", "p", N_("Drucken"), N_("Drucken und sperren, oder Neudruck"), _on("batch_detail"), True),
    KeyRow("preview", "f3", "o", N_("Vorschau"), N_("Die Aufstellungen mit ENTWURF"), _on("batch_detail")),
    KeyRow(
        "edit", "f4", "e", N_("Daten"), N_("Daten verschieben, mit Grund"), _on("batch_customer", "receivables"), True
    ),
    KeyRow("next", "tab", "", N_("Nächster"), N_("Der nächste Kunde des Stapels"), _on("batch_customer")),
    KeyRow("next", "tab", "", N_("Nächstes Jahr"), N_("Die Abschlussdaten danach"), _on("batch_calendar"), True),
    KeyRow("create", "f8", "x", N_("Anlegen"), N_("Die Dummy-Stapel anlegen"), _on("dummy"), True),
    KeyRow("new", "insert", "n", N_("Neu"), N_("Eine Zahlung erfassen"), _on("payments"), True),
    KeyRow("take_back", "delete", "d", N_("Rückgabe"), N_("Als Rückgabe gegenbuchen"), _on("payments"), True),
    KeyRow("release", "f12", "a", N_("Lösen"), N_("Die Zuordnung aufheben"), _on("payments")),
    KeyRow("allocate", "f8", "x", N_("Zuordnen"), N_("Den Rest Rechnungen zuordnen"), _on("payments"), True),
    KeyRow("edit", "f4", "e", N_("Bezahlt am"), N_("Verschieben, mit Grund"), _on("payments"), True),
    KeyRow("switch", "tab", "", N_("Offen/alle"), N_("Offene Posten oder alle"), _on("receivables"), True),
    KeyRow("payments", "z", "", N_("Zahlungen"), N_("Zu den Zahlungen"), _on("receivables")),
    KeyRow("edit", "f4", "e", N_("Nächste Nummer"), N_("Womit es weitergeht"), _on("numbers"), True),
    KeyRow("new", "insert", "n", N_("Belegart"), N_("Eine Belegart mit ihrem Nummernkreis"), _on("numbers"), True),
    KeyRow("undo", "u", "ctrl+z", N_("Rückgängig"), N_("Die letzte Änderung zurücknehmen"), LISTS),
    # --- in a table ---
    KeyRow("up", "up", "", N_("Zeile hoch"), "", TABLE),
    KeyRow("down", "down", "", N_("Zeile tiefer"), "", TABLE),
    KeyRow("page_up", "pageup", "", N_("Seite hoch"), "", TABLE),
    KeyRow("page_down", "pagedown", "", N_("Seite tiefer"), "", TABLE),
    KeyRow("first", "home", "", N_("Erste Zeile"), "", TABLE),
    KeyRow("last", "end", "", N_("Letzte Zeile"), "", TABLE),
    KeyRow("mark", "space", "", N_("Markieren"), N_("Zeile markieren und weiter"), TABLE),
    KeyRow("range_up", "shift+up", "", N_("Bereich hoch"), N_("Bereich nach oben markieren"), TABLE),
    KeyRow("range_down", "shift+down", "", N_("Bereich tiefer"), N_("Bereich nach unten markieren"), TABLE),
    KeyRow("sticky", "v", "", N_("Bereich"), N_("Bereich beginnen oder beenden"), TABLE),
    KeyRow("invert", "asterisk", "", N_("Umkehren"), N_("Markierung umkehren"), TABLE),
    KeyRow("mark_all", "plus", "", N_("Alle"), N_("Alle gezeigten Zeilen markieren"), TABLE),
    KeyRow("mark_none", "minus", "", N_("Keine"), N_("Alle Marken löschen"), TABLE),
    KeyRow("filter", "slash", "", N_("Filter"), N_("Filtern beim Tippen; ä = a, groß = klein"), TABLE),
    KeyRow("sort", "s", "", N_("Sortieren"), N_("Nach der nächsten Spalte sortieren"), TABLE),
    KeyRow("sort_back", "S", "", N_("Umdrehen"), N_("Richtung der Sortierung umdrehen"), TABLE),
    # --- in a text ---
    KeyRow("up", "up", "k", N_("Zeile hoch"), "", TEXT),
    KeyRow("down", "down", "j", N_("Zeile tiefer"), "", TEXT),
    KeyRow("page_up", "pageup", "", N_("Seite hoch"), "", TEXT),
    KeyRow("page_down", "pagedown", "space", N_("Seite tiefer"), "", TEXT),
    KeyRow("first", "home", "", N_("Anfang"), "", TEXT),
    KeyRow("last", "end", "", N_("Ende"), "", TEXT),
    # --- the answer on F6, while the number has the focus ---
    KeyRow("text_up", "up", "", N_("Zeile hoch"), "", QUESTIONS),
    KeyRow("text_down", "down", "", N_("Zeile tiefer"), "", QUESTIONS),
    KeyRow("text_page_up", "pageup", "", N_("Seite hoch"), "", QUESTIONS),
    KeyRow("text_page_down", "pagedown", "", N_("Seite tiefer"), "", QUESTIONS),
    # --- forms ---
    KeyRow("next_field", "tab", "", N_("Nächstes Feld"), N_("Enter und Tab gehen ins nächste Feld"), FORMS, True),
    KeyRow("previous_field", "shift+tab", "", N_("Voriges Feld"), "", FORMS),
    KeyRow("next_section", "pagedown", "", N_("Nächster Abschnitt"), N_("Erstes Feld des nächsten Abschnitts"), FORMS),
    KeyRow("previous_section", "pageup", "", N_("Voriger Abschnitt"), "", FORMS),
    KeyRow(
        "insert_position",
        "insert",
        "ctrl+n",
        N_("Position"),
        N_("Leere Position vor der am Zeiger"),
        POSITIONS,
        True,
    ),
    KeyRow("delete_position", "ctrl+d", "ctrl+delete", N_("Position löschen"), N_("Die Position am Zeiger"), POSITIONS),
    KeyRow("move_up", "ctrl+t", "ctrl+up", N_("Position hoch"), N_("Mit der vorigen tauschen"), POSITIONS),
    KeyRow("move_down", "ctrl+g", "ctrl+down", N_("Position tiefer"), N_("Mit der nächsten tauschen"), POSITIONS),
    KeyRow("undo", "ctrl+z", "", N_("Rückgängig"), N_("Die gelöschte Position zurückholen"), POSITIONS),
    KeyRow("save", "f8", "ctrl+s", N_("Anlegen"), N_("Rechnungslauf anlegen"), _on("run_form"), True),
    KeyRow("save", "f8", "ctrl+s", N_("Weiter"), N_("Zeigen, was ansteht"), _on("interval_form"), True),
    KeyRow("save", "f8", "ctrl+s", N_("Drucken"), N_("Drucken und festschreiben"), _on("mass_print"), True),
    KeyRow("save", "f8", "ctrl+s", N_("Weiter"), N_("Den Plan zeigen"), _on("batch_generate"), True),
    KeyRow("save", "f8", "ctrl+s", N_("Ausführen"), N_("Drucken, Vorschau oder Neudruck"), _on("batch_report"), True),
    KeyRow(
        "save",
        "f8",
        "ctrl+s",
        N_("Speichern"),
        N_("Prüfen und speichern"),
        FORMS - _on("run_form", "interval_form", "mass_print", "batch_generate", "batch_report", "trial_mail"),
        True,
    ),
    KeyRow("save", "f8", "ctrl+s", N_("Senden"), N_("Die Testmail senden"), _on("trial_mail"), True),
    KeyRow("numbers", "f4", "", N_("Nummern"), N_("Nummernkreise und Belegarten"), _on("company_form"), True),
    KeyRow("mail", "f6", "", N_("Mail"), N_("Absender, Text, Mailserver, Testmail"), _on("company_form"), True),
    KeyRow("preview", "f3", "", N_("Vorschau"), N_("Die Mail, wie sie jetzt dasteht"), _on("mail_form"), True),
    KeyRow("trial_mail", "f9", "", N_("Testmail"), N_("Eine Mail an die eigene Adresse"), _on("mail_form"), True),
    KeyRow("why", "f6", "", N_("Warum"), N_("Warum ein Auftrag ansteht oder nicht"), _on("interval_form"), True),
    KeyRow("log", "f2", "", N_("Erstellungen"), N_("Erzeugte Nummern noch einmal"), _on("interval_form"), True),
    KeyRow("to_run", "f4", "", N_("In Lauf"), N_("In einen neuen Rechnungslauf"), _on("mass_print"), True),
    KeyRow("take_theirs", "f5", "", N_("Andere Fassung"), N_("Die fremde Fassung übernehmen"), FORMS),
    # --- everywhere ---
    KeyRow("palette", "ctrl+p", "", N_("Befehle"), N_("Alle Befehle dieses Bildschirms"), EVERYWHERE - _on("palette")),
    KeyRow("quit", "ctrl+q", "", N_("Beenden"), N_("Das Programm beenden"), _on("start"), True),
    KeyRow("back", "escape", "", N_("Zurück"), N_("Filter, dann Marken aufheben"), _on("start")),
    KeyRow("back", "escape", "", N_("Zurück"), N_("Filter, dann Marken aufheben, dann zurück"), LISTS, True),
    KeyRow("back", "escape", "", N_("Zurück"), N_("Fragt, wenn Getipptes verloren ginge"), FORMS, True),
    KeyRow("back", "escape", "", N_("Zurück"), "", EVERYWHERE - LISTS - FORMS - _on("start"), True),
    KeyRow("quit", "ctrl+q", "", N_("Beenden"), N_("Das Programm beenden"), EVERYWHERE - _on("start")),
)

_NAMES: dict[str, str] = {
    "delete": N_("Entf"),
    "insert": N_("Einfg"),
    "space": N_("Leer"),
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "home": N_("Pos1"),
    "end": N_("Ende"),
    "pageup": N_("Bild↑"),
    "pagedown": N_("Bild↓"),
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "question_mark": "?",
    "slash": "/",
    "asterisk": "*",
    "plus": "+",
    "minus": "-",
}
_MODIFIERS = {"ctrl": N_("Strg"), "shift": N_("Umschalt")}

_AREAS: dict[str, str] = {
    "start": N_("Start"),
    "runs": N_("Rechnungsläufe"),
    "rebuild": N_("Neu aufbauen"),
    "triage": N_("Versandwege"),
    "run_detail": N_("Rechnungslauf"),
    "run_form": N_("Rechnungslauf"),
    "customers": N_("Kunden"),
    "customer_form": N_("Kunde"),
    "contact_form": N_("Kontakt"),
    "company_form": N_("Firma"),
    "mail_form": N_("Versand und Mailtext"),
    "trial_mail": N_("Testmail"),
    "numbers": N_("Nummernkreise"),
    "number_form": N_("Nummernkreise"),
    "type_form": N_("Belegart"),
    "invoices": N_("Rechnungen"),
    "invoice_detail": N_("Rechnung"),
    "ignored": N_("Ignorierte"),
    "ignored_form": N_("Ignorierte"),
    "unknowns": N_("Ungeklärt"),
    "orders": N_("Aufträge"),
    "order_form": N_("Auftrag"),
    "order_periods": N_("Perioden"),
    "interval_form": N_("Intervallrechnungen"),
    "interval_grid": N_("Intervallrechnungen"),
    "interval_created": N_("Erstellte Rechnungen"),
    "creations": N_("Erstellungen"),
    "gaps": N_("Lücken"),
    "invoicing": N_("Rechnungsstellung"),
    "invoicing_form": N_("Beleg"),
    "mass_print": N_("Massendruck"),
    "batches": N_("Rechnungsstapel"),
    "batch_plan": N_("Rechnungsstapel generieren"),
    "batch_generate": N_("Rechnungsstapel generieren"),
    "batch_detail": N_("Rechnungsstapeldetails"),
    "batch_customer": N_("Rechnungsstapeldetails"),
    "batch_add": N_("Rechnungsstapeldetails"),
    "batch_report": N_("Bericht Rechnungsstapel"),
    "batch_calendar": N_("Abschlussdaten"),
    "dummy": N_("Dummy-Assistent"),
    "payments": N_("Zahlungen"),
    "payment_form": N_("Zahlung"),
    "payment_allocate": N_("Zahlung"),
    "payment_return": N_("Zahlung"),
    "receivables": N_("Debitorentransaktionen"),
    "receivable_form": N_("Debitorentransaktion"),
    "audit": N_("Protokoll"),
    "verify": N_("Prüfung"),
    "table": N_("Tabelle"),
}


def display(key: str) -> str:
    """The key as it stands on the keyboard: Entf, Leer, Strg+P, Umschalt+↑."""
    *modifiers, name = key.split("+")
    parts = [_(_MODIFIERS[m]) for m in modifiers]
    if len(name) == 1 and name.isupper() and not modifiers:
        parts.append(_(_MODIFIERS["shift"]))
    shown = _(_NAMES.get(name, "")) or (name.upper() if len(name) > 1 or parts else name)
    return "+".join([*parts, shown])


def rows_for(screen: str) -> Iterator[KeyRow]:
    """The rows of one screen (or of "table", "text"), in the order of the table."""
    return (row for row in KEYS if screen in row.screens)


def row_of(screen: str, action: str) -> KeyRow | None:
    """The row of one action on one screen."""
    return next((row for row in rows_for(screen) if row.action == action), None)


def bindings(screen: str, *, guarded: bool) -> list[tuple[str, str, str]]:
    """(keys, action, description) for Textual; guarded screens ask `why_not` before they act.

    A form leaves every printable key to its fields.
    """
    typed = screen in FORMS or screen == "palette"
    found = []
    for row in rows_for(screen):
        keys = [k for k in row.keys if not (typed and _is_printable(k))]
        if keys:
            found.append((",".join(keys), f"screen.do('{row.action}')" if guarded else row.action, row.label))
    return found


def _is_printable(key: str) -> bool:
    return len(key) == 1 or key in ("question_mark", "slash", "asterisk", "plus", "minus", "space")


def foot(screen: str) -> list[tuple[str, str, str]]:
    """(key as shown, translated label, action) for the line of keys: F1 first, Esc last."""
    return [(display(row.key), _(row.label), row.action) for row in rows_for(screen) if row.foot]


def palette(screen: str) -> list[tuple[str, str, str]]:
    """("Rechnungslauf: Durchführen", key as shown, action) for every action of the screen."""
    area = _(_AREAS.get(screen, ""))
    hidden = ("help", "palette", "open", "back", "next_field", "previous_field")
    return [
        (f"{area}: {_(row.label)}" if area else _(row.label), display(row.key), row.action)
        for row in rows_for(screen)
        if row.action not in hidden
    ]


def help_lines(groups: Iterable[str]) -> list[tuple[str, str]]:
    """("Entf, d", "Entfernen – Auswahl aus dem Lauf entfernen") of these screens or widgets, for F1."""
    lines: list[tuple[str, str]] = []
    for group in groups:
        for row in rows_for(group):
            text = " – ".join(_(t) for t in (row.label, row.tooltip) if t)
            lines.append((", ".join(display(k) for k in row.keys), text))
    return lines


def readme_table() -> str:
    """The README's table of keys in Markdown; equal rows of several screens stand once."""
    seen: dict[tuple[str, str, str], list[str]] = {}
    for row in KEYS:
        texts = seen.setdefault((row.key, row.twin, row.label), [])
        if row.tooltip and _(row.tooltip) not in texts:
            texts.append(_(row.tooltip))
    lines = [f"| {_('Taste')} | {_('auch')} | {_('Tätigkeit')} | |", "|---|---|---|---|"]
    for (key, twin, label), texts in seen.items():
        second = f"`{display(twin)}`" if twin else ""
        lines.append(f"| `{display(key)}` | {second} | {_(label)} | {'; '.join(texts)} |")
    return "\n".join(lines) + "\n"
