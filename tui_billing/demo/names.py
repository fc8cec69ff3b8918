"""Invented names, streets and articles; nobody is meant. Some names are hostile on purpose."""

FAMILY = (
    "Öztürk", "Weiß", "Größer", "Yılmaz", "Müller-Lüdenscheidt", "Jansen", "Kowalski", "Çelik", "Nguyen",
    "Brückner", "Strößenreuther", "Håkansson", "Löwe", "Dąbrowski", "Schäfer", "Fülöp", "Groß", "Petersen",
    "Übelacker", "Ährenfeld",
)  # fmt: skip
TRADES = (
    ("Bäckerei {family} & Söhne", True),
    ("Kanzlei Dr. {family}", True),
    ("Hausverwaltung {family} GmbH", True),
    ("Praxis Dr. {family}", True),
    ("Turnverein {town} 1899 e. V.", False),
    ("{family} Elektronik KG", True),
    ("Gärtnerei {family}", True),
    ("Stadtwerke {town}", True),
    ("{given} {family}", False),
    ("Autohaus {family} & Partner mbB", True),
    ("Buchhandlung am Markt, Inh. {given} {family}", True),
    ("Freie Waldschule {town} gGmbH", True),
)
GIVEN = ("Änne", "Björn", "Cäcilie", "Dörte", "Emre", "François", "Gül", "Jürgen", "Käthe", "Løve", "Özlem", "Zoë")
TOWNS = (
    ("Nordhafen", "20999"), ("Süderbrück", "27999"), ("Großenwörden am See", "49998"), ("Lämmerzell", "72999"),
    ("Öhringsdorf", "91999"), ("Mühlstädt", "04999"), ("Weißbachtal", "94999"), ("Kirchdüren", "52999"),
)  # fmt: skip
STREETS = ("Hauptstraße", "Am Mühlengraben", "Lindenallee", "Großer Ring", "Bürgermeister-Öhme-Weg", "Gäßchen", "Kai")
HOSTILE = (
    "a [/] b Elektronik",
    "<img src=x onerror=alert(1)> & Co.",
    "# Überschrift | Tabelle **fett** GmbH",
    '=HYPERLINK("http://x.invalid") OHG',
    "../../etc/passwd Datentechnik",
    "Gesellschaft für außerordentlich lange Firmennamen und noch längere Bezeichnungen in Norddeutschland mbH & Co. KG",
)
ARTICLES = (
    ("B-100", "Büroreinigung", "Std.", "28.50", "standard"),
    ("W-210", "Wartung Kopierer", "Monat", "49.90", "standard"),
    ("P-001", "Kopierpapier A4, 80 g/m²", "Paket", "4.2875", "standard"),
    ("F-300", "Fachbuch „Buchführung für Geübte“", "Stück", "39.80", "reduced"),
    ("S-010", "Strom, Verbrauch laut Zähler", "kWh", "0.3245", "standard"),
    ("K-077", "Kugelschreiber (Preis je 100)", "Stück", "37.50", "standard"),
    ("T-500", "Telefonpauschale", "Monat", "19.00", "standard"),
    ("L-050", "Lebensmittelkorb", "Stück", "24.95", "reduced"),
    ("V-900", "Seminar nach § 4 Nr. 21 UStG", "Tag", "450.00", "exempt"),
)
