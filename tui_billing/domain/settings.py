"""Every setting: dotted key, type, default and what it does. Nothing reads a setting that is not named here."""

from dataclasses import dataclass
from enum import StrEnum

from tui_billing.domain.messages import N_


class SettingType(StrEnum):
    TEXT = "text"
    BOOL = "bool"
    INT = "int"
    DECIMAL = "decimal"
    CHOICE = "choice"


class TextForm(StrEnum):
    """What a text must be: anything, one line without control characters, or one e-mail address (or empty)."""

    ANY = "any"
    LINE = "line"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One key. `low` and `high` are inclusive and hold for numbers, `form` for texts."""

    key: str
    type: SettingType
    default: str
    help: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 999_999_999
    form: TextForm = TextForm.ANY


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One stored value; a key that is not stored has its default."""

    id: int = 0
    rev: int = 0
    key: str = ""
    value: str = ""


T, B, N, C = SettingType.TEXT, SettingType.BOOL, SettingType.INT, SettingType.CHOICE

SETTINGS: dict[str, SettingSpec] = {
    s.key: s
    for s in (
        SettingSpec("mail.transport", C, "eml", N_("Versandweg der E-Mails"), ("eml", "maildir", "smtp")),
        SettingSpec("mail.folder", T, "", N_("Ordner für eml und maildir; leer: im Datenordner unter outbox")),
        SettingSpec("mail.host", T, "", N_("Name des Mailservers"), form=TextForm.LINE),
        SettingSpec("mail.port", N, "587", N_("Port des Mailservers"), low=1, high=65535),
        SettingSpec(
            "mail.security",
            C,
            "starttls",
            N_("Verschlüsselung; none nur zu localhost"),
            ("starttls", "tls", "none"),
        ),
        SettingSpec("mail.user", T, "", N_("Anmeldename am Mailserver"), form=TextForm.LINE),
        SettingSpec("mail.password_command", T, "", N_("Befehl, der das Passwort ausgibt")),
        SettingSpec("mail.password_file", T, "", N_("Datei mit dem Passwort, Rechte 0600")),
        SettingSpec("mail.sender", T, "", N_("Absenderadresse; leer: E-Mail der Firma"), form=TextForm.EMAIL),
        SettingSpec("mail.reply_to", T, "", N_("Antwortadresse"), form=TextForm.EMAIL),
        SettingSpec("mail.archive", T, "", N_("Adresse, die jede Mail als Kopie erhält"), form=TextForm.EMAIL),
        SettingSpec(
            "mail.archive_imap",
            T,
            "",
            N_("Archivpostfach für die Nachforschung: imaps://benutzer@host/ordner"),
        ),
        SettingSpec("mail.per_minute", N, "0", N_("Höchstens so viele Mails je Minute; 0: ohne Grenze")),
        SettingSpec("mail.per_hour", N, "0", N_("Höchstens so viele Mails je Stunde; 0: ohne Grenze")),
        SettingSpec("mail.per_connection", N, "90", N_("Mails je Verbindung"), low=1),
        SettingSpec("mail.connections", N, "2", N_("Verbindungen zugleich"), low=1, high=100),
        SettingSpec("mail.size_limit_kb", N, "10240", N_("Größte Mail in kB; größere werden geteilt"), low=1),
        SettingSpec(
            "mail.mode",
            C,
            "per_document",
            N_("Eine Mail je Rechnung oder je Kunde"),
            ("per_document", "per_customer"),
        ),
        SettingSpec("mail.timeout", N, "60", N_("Sekunden, die der Mailserver für eine Antwort hat"), low=1, high=3600),
        SettingSpec(
            "mail.installation", T, "", N_("Kennung in den Message-IDs; leer: wird beim ersten Versand vergeben")
        ),
        SettingSpec("mail.subject.de", T, "{Belegart} {Nummer}", N_("Betreff der deutschen Mail"), form=TextForm.LINE),
        SettingSpec("mail.subject.en", T, "{Belegart} {Nummer}", N_("Betreff der englischen Mail"), form=TextForm.LINE),
        SettingSpec("mail.text.de", T, "", N_("Text der deutschen Mail; leer: der mitgelieferte")),
        SettingSpec("mail.text.en", T, "", N_("Text der englischen Mail; leer: der mitgelieferte")),
        SettingSpec("pdf.folder", T, "", N_("Ordner für ausgegebene PDF-Dateien; leer: im Datenordner unter output")),
        SettingSpec(
            "pdf.file_name",
            C,
            "type_number",
            N_("Muster der Dateinamen"),
            ("type_number", "customer_type_number", "type_number_customer"),
        ),
        SettingSpec("pdf.workers", N, "0", N_("Prozesse für PDF-Dateien; 0: so viele wie Kerne"), high=256),
        SettingSpec("print.command", T, "", N_("Befehl, der eine Datei druckt; {file} steht für die Datei")),
        SettingSpec("batch.month_end", B, "true", N_("Stichtage 29-31 gelten in kurzen Monaten am letzten Tag")),
        SettingSpec("ui.mouse", B, "false", N_("Mausklick markiert")),
        SettingSpec("ui.language", C, "de", N_("Sprache der Oberfläche"), ("de", "en")),
        SettingSpec("letterhead.logo", T, "", N_("Datei mit dem Logo: Bild, SVG oder PDF")),
        SettingSpec("letterhead.pdf", T, "", N_("Eigener Briefbogen als PDF, eine oder zwei Seiten")),
        SettingSpec("invoice.vat_rate", SettingType.DECIMAL, "19", N_("Steuersatz für neue Positionen"), high=100),
    )
}
