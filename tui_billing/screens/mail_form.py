"""Versand und Mailtext: sender, subject and text per language, mail server, pace, files. F3 previews, F9 sends a test.

Every field is a setting (domain/settings.py) under its own key; what is stored here is what `settings list` shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tui_billing.domain.mail_templates import PLACEHOLDERS, TEXTS, compose, unknown_placeholders
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.settings import SettingType, TextForm
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.form import FormScreen
from tui_billing.screens.mail_lines import address_lines
from tui_billing.screens.widgets.field import Field, Parse
from tui_billing.screens.widgets.text_view import PLAIN, STRONG
from tui_billing.services import mail_text, send_single, settings
from tui_billing.services.errors import WrongUse

TRANSPORTS = (("eml", N_("Dateien")), ("maildir", N_("Maildir")), ("smtp", N_("Mailserver")))
SECURITIES = (("starttls", N_("STARTTLS")), ("tls", N_("TLS")), ("none", N_("keine")))
MODES = (("per_document", N_("je Rechnung")), ("per_customer", N_("je Kunde")))
NAMES = (
    ("type_number", N_("Belegart_Nummer")),
    ("customer_type_number", N_("Kundennummer_Belegart_Nummer")),
    ("type_number_customer", N_("Belegart_Nummer_Kundennummer")),
)
TEXT_KEYS = {"mail.text.de": "de", "mail.text.en": "en"}


class MailFormScreen(FormScreen):
    """The mail profile of the company."""

    NAME: ClassVar[str] = "mail_form"
    HELP: ClassVar[str] = N_(
        "Absender, Betreff und Text der Mails, Mailserver und Dateinamen. In Betreff und Text werden Platzhalter in "
        "geschweiften Klammern ersetzt. F3 zeigt die Mail mit einem echten Beleg, auch vor dem Speichern; F9 schickt "
        "eine Testmail an die eigene Adresse."
    )

    def title_text(self) -> str:
        return _("Versand und Mailtext")

    def help_notes(self) -> Sequence[str]:
        return (_("Platzhalter:"), "  " + "  ".join(f"{{{name}}}" for name in PLACEHOLDERS))

    def fields(self) -> Sequence[Field]:
        own = N_("leer: E-Mail der Firma")
        return (
            _line("mail.sender", N_("Absender"), hint=own, heading=N_("Absender")),
            _line("mail.reply_to", N_("Antwort an")),
            _line("mail.archive", N_("Kopie jeder Mail an")),
            _template("mail.subject.de", N_("Betreff"), heading=N_("Deutsche Mail")),
            _template("mail.text.de", N_("Text"), kind="area"),
            _template("mail.subject.en", N_("Betreff"), heading=N_("Englische Mail")),
            _template("mail.text.en", N_("Text"), kind="area"),
            Field("mail.transport", N_("Versand als"), choices=TRANSPORTS, heading=N_("Versandweg")),
            _line("mail.folder", N_("Ordner"), hint=N_("für Dateien und Maildir; leer: outbox")),
            _line("mail.host", N_("Mailserver")),
            _line("mail.port", N_("Port"), width=6),
            Field("mail.security", N_("Verschlüsselung"), choices=SECURITIES),
            _line("mail.user", N_("Anmeldename")),
            _line("mail.password_command", N_("Befehl für das Passwort")),
            _line("mail.password_file", N_("Datei mit dem Passwort")),
            Field("mail.mode", N_("Eine Mail"), choices=MODES, heading=N_("Menge und Tempo")),
            _line("mail.per_hour", N_("Mails je Stunde"), width=8, hint=N_("0: ohne Grenze")),
            _line("mail.per_minute", N_("Mails je Minute"), width=8, hint=N_("0: ohne Grenze")),
            _line("mail.size_limit_kb", N_("Größte Mail in kB"), width=8),
            Field("pdf.file_name", N_("Dateiname"), choices=NAMES, heading=N_("Dateien")),
            _line("pdf.folder", N_("Ordner für PDF"), hint=N_("leer: output")),
            _line("letterhead.logo", N_("Logo, eine Bilddatei")),
            _line("letterhead.pdf", N_("Eigener Briefbogen, ein PDF")),
            _line("print.command", N_("Druckbefehl"), hint=N_("{file} steht für die Datei")),
        )

    def read_record(self) -> dict[str, str]:
        return settings.get_all(self.desk.store)

    def values_of(self, record: dict[str, str]) -> Mapping[str, Any]:
        """An empty text is the shipped one: the clerk sees what would go out."""
        return {**record, **{key: record[key] or TEXTS[lang] for key, lang in TEXT_KEYS.items()}}

    def store(self, record: dict[str, str], values: Mapping[str, Any]) -> frozenset[str]:
        return settings.set_values(self.desk, _stored(values))

    def finish(self, result: frozenset[str]) -> None:
        if not result:
            self.leave_unchanged()
            return
        self.record = self.read_record()
        for widget in self.widgets:
            widget.accept()
        self.say(_("Gespeichert. F9 schickt eine Testmail, Esc geht zurück."))

    # --- trying it ---

    def why_not(self, action: str) -> str:
        if action == "trial_mail" and self.is_dirty:
            return _("Erst speichern (F8), dann testen.")
        if action in ("preview", "trial_mail") and mail_text.sample_document(self.desk.store) is None:
            return _("Es gibt noch keinen Beleg, an dem sich die Mail zeigen ließe.")
        return ""

    def action_preview(self) -> None:
        """F3: both languages with a real document and what is typed now."""
        sample = mail_text.sample_document(self.desk.store)
        if sample is None:
            return
        values = {widget.spec.name: getattr(widget, "text", "") for widget in self.widgets}
        real = send_single.preview_mail(self.desk, sample.id)
        lines = [(_("E-Mail"), STRONG), *address_lines(real)]
        for language, heading in (("de", _("Deutsche Mail")), ("en", _("Englische Mail"))):
            subject, text = values[f"mail.subject.{language}"], values[f"mail.text.{language}"]
            shown = compose(subject, text, [sample], language=language)
            lines += [("", PLAIN), (heading, STRONG)]
            lines += [(f"  ✗ {sentence(_unknown(name))}", STRONG) for name in shown.unknown]
            lines.append((_("  Betreff: {subject}").format(subject=shown.subject), PLAIN))
            lines += [("", PLAIN), *((f"  {line}", PLAIN) for line in shown.text.splitlines())]
        self.billing.open("pager", title=_("Vorschau · {number}").format(number=sample.number), lines=lines)

    def action_trial_mail(self) -> None:
        """F9: to oneself, with a real document."""
        sample = mail_text.sample_document(self.desk.store)
        if sample is not None:
            self.billing.open("trial_mail", self._tested, number=sample.number)

    def _tested(self, text: str | None) -> None:
        if text:
            self.say(text)


def _stored(values: Mapping[str, Any]) -> dict[str, str]:
    """A text that is still the shipped one is stored as such."""
    texts = {key: "" if values[key].strip() == TEXTS[lang].strip() else values[key] for key, lang in TEXT_KEYS.items()}
    return {**values, **texts}


def _line(key: str, label: str, *, hint: str = "", heading: str = "", width: int = 40) -> Field:
    return Field(key, label, parse=_reader(key), hint=hint, heading=heading, width=width)


def _reader(key: str) -> Parse:
    """By the setting's own rules; the sentence speaks of the field, not of the key."""
    known = settings.spec(key)

    def read(text: str) -> tuple[str | None, list[Problem]]:
        try:
            return settings.normalised(known, text), []
        except WrongUse as error:
            if known.type is SettingType.INT:
                limits = N_("Bitte eine ganze Zahl von {low} bis {high}.")
                return None, [Problem("ZAHL_UNGUELTIG", limits, {"low": known.low, "high": known.high})]
            if known.form is TextForm.EMAIL:
                return None, [Problem("ADRESSE_UNGUELTIG", N_("Das ist keine gültige E-Mail-Adresse."))]
            return None, list(error.problems)

    return read


def _template(key: str, label: str, *, heading: str = "", kind: str = "") -> Field:
    hint = N_("Enter: neue Zeile, Tab: weiter") if kind else ""
    return Field(key, label, parse=_read_template, hint=hint, heading=heading, width=46, kind=kind)


def _read_template(text: str) -> tuple[str | None, list[Problem]]:
    """A placeholder that does not exist would block every mail: it is refused where it is typed (E6.2)."""
    unknown = unknown_placeholders(text)
    return (None, [_unknown(name) for name in unknown]) if unknown else (text, [])


def _unknown(name: str) -> Problem:
    text = N_("Den Platzhalter {placeholder} gibt es nicht; F1 nennt alle.")
    return Problem("PLATZHALTER_UNBEKANNT", text, {"placeholder": f"{{{name}}}"})
