"""Verfahrensdokumentation (GoBD 151 ff.): how invoices are made, sent and kept, from the settings in force."""

from collections.abc import Sequence

from tui_billing import __version__
from tui_billing.domain.documents import DEFAULT_RANGES, DocumentType, NumberRange
from tui_billing.domain.parties import Company
from tui_billing.services import settings
from tui_billing.store.repositories import Store

# The document is a German legal text of the company, so it is not translated with the screens.
TEMPLATE = """\
# Verfahrensdokumentation

Unternehmen: {company}
Programm: tui-billing {version} · Stand der Einstellungen: {day}

## 1 Allgemeine Beschreibung
Mit tui-billing werden Ausgangsrechnungen, Gutschriften, Belastungen, Stornorechnungen und Rechnungskorrekturen
erstellt, fortlaufend nummeriert, versendet und aufbewahrt. Belege entstehen einzeln (Rechnungsstellung), aus Aufträgen
(Intervallrechnungen) oder durch Einlesen aus Dateien; sie werden einzeln, in Rechnungsläufen oder in Rechnungsstapeln
ausgegeben.

## 2 Anwenderdokumentation
Jeder Bildschirm erklärt seine Tasten mit F1, jeder Befehl mit --help. Die Hilfetexte sind Teil des Programms.

## 3 Technische Systemdokumentation
Alle Daten liegen als lesbares JSON im Datenordner: Tabellen (tables), Journal (journal), Belege und Mails (documents).
Jede Änderung ist eine Transaktion und eine Zeile des Journals mit laufender Nummer, Zeit (UTC), Benutzer, Anlass, Grund
und den vollständigen Datensätzen. Jede Zeile enthält den Hashwert der vorhergehenden; eine nachträgliche Änderung wird
von „tui-billing verify“ mit ihrer Stelle gemeldet. Journale werden nie gekürzt.

## 4 Nummernkreise
{ranges}
Die Nummer wird in derselben Transaktion vergeben, die den Beleg speichert. Eine Nummer wird nie ein zweites Mal
vergeben; nicht verwendete Nummern stehen im Lückenbericht („tui-billing verify“).

## 5 Unveränderbarkeit
Ein Beleg ist mit seiner ersten Ausgabe festgeschrieben. Danach wird er nicht mehr geändert, sondern durch eine
Stornorechnung oder Rechnungskorrektur mit eigener Nummer und Bezug auf das Original berichtigt. Das Ausgegebene wird
mit seinem SHA-256-Wert archiviert. Änderungen der Debitorendaten (Rechnungsdatum, Bezahlt am) verlangen einen Grund und
ändern den Beleg nicht.

## 6 Versand
Versandweg: {transport}. Jede Mail wird vollständig gespeichert, bevor sie gesendet wird, und nur diese Bytes werden
gesendet. Ist unklar, ob der Server eine Mail angenommen hat, gilt sie als ungeklärt und wird nur auf Entscheidung eines
Menschen erneut gesendet.

## 7 Aufbewahrung
Rechnungen acht Jahre, Bücher und diese Dokumentation zehn Jahre, Handelsbriefe sechs Jahre, je vom Ende des
Kalenderjahres an (§ 147 AO, § 14b UStG). Vor Ablauf verweigert das Programm das Löschen.

## 8 Internes Kontrollsystem
Vor der Vergabe einer Nummer und vor jeder Ausgabe prüft das Programm die Pflichtangaben (§ 14 UStG). Jeder Lauf weist
nach, wie viele Belege infrage kamen, aufgenommen wurden und aus welchem Grund nicht. „tui-billing verify“ prüft
Hashkette, Nummern, Summen und archivierte Dateien und ist regelmäßig auszuführen.

## 9 Datensicherung
„tui-billing backup ORDNER“ sichert im laufenden Betrieb, „tui-billing restore“ stellt wieder her.

## 10 Einstellungen
{settings}
"""


def procedure_text(store: Store, day: str) -> str:
    """The document as Markdown; `day` is the shown date of its making. Passwords are never part of the settings."""
    company = store.get(Company, 1) or Company(name="–")
    values = settings.get_all(store)
    return TEMPLATE.format(
        company=company.name,
        version=__version__,
        day=day,
        ranges=_ranges(store.all(DocumentType), store.all(NumberRange)),
        transport=values["mail.transport"],
        settings="\n".join(f"- {key}: {value}" for key, value in values.items() if value),
    )


def _ranges(types: Sequence[DocumentType], ranges: Sequence[NumberRange]) -> str:
    """Which kind draws from which range, and how far each range has come."""
    rows = [f"- {kind.value}: {name}-JJJJ-00001" for kind, name in DEFAULT_RANGES.items()]
    rows += [f"- Belegart {t.name} ({t.kind.value}): {t.number_range}-JJJJ-00001" for t in types]
    rows += [f"- {r.name} {r.year or ''}: zuletzt {r.last}".replace("  ", " ") for r in ranges]
    return "\n".join(rows)
