"""The same use cases without a screen, one file per noun; only the named noun's module is imported."""

from tui_billing.domain.messages import N_

NOUNS: dict[str, tuple[str, str]] = {
    "demo": ("tui_billing.commands.demo", N_("Demofirma anlegen und öffnen")),
    "run": ("tui_billing.commands.run", N_("Rechnungsläufe")),
    "interval": ("tui_billing.commands.interval", N_("Intervallrechnungen")),
    "order": ("tui_billing.commands.order", N_("Aufträge")),
    "mass-print": ("tui_billing.commands.mass_print", N_("Rechnungen Massendruck")),
    "invoice": ("tui_billing.commands.invoice", N_("Rechnungen")),
    "customer": ("tui_billing.commands.customer", N_("Kunden")),
    "ignore": ("tui_billing.commands.ignore", N_("Ignorierte Kunden und Rechnungen")),
    "batch": ("tui_billing.commands.batch", N_("Rechnungsstapel")),
    "receivable": ("tui_billing.commands.receivable", N_("Gebuchte Debitorentransaktionen")),
    "payment": ("tui_billing.commands.payment", N_("Zahlungen")),
    "dispatch": ("tui_billing.commands.dispatch", N_("Versand: ungeklärte klären, Testmail, Verbindung prüfen")),
    "company": ("tui_billing.commands.company", N_("Firma")),
    "settings": ("tui_billing.commands.settings", N_("Einstellungen")),
    "import": ("tui_billing.commands.import_", N_("Kunden und Rechnungen aus Dateien einlesen")),
    "export": ("tui_billing.commands.export", N_("Dateien für andere Programme")),
    "verify": ("tui_billing.commands.verify", N_("Datenbestand prüfen")),
    "audit": ("tui_billing.commands.audit", N_("Protokoll: wer hat wann was geändert")),
    "backup": ("tui_billing.commands.backup", N_("Datensicherung anlegen")),
    "restore": ("tui_billing.commands.restore", N_("Datensicherung zurückholen")),
    "compact": ("tui_billing.commands.compact", N_("Journal in die Tabellen übernehmen")),
}
"""Noun -> (module with `register(parser)`, help text)."""
