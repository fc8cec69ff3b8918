"""Postal addresses in the order of DIN 5008: name, person, addition, street or P.O. box, town, country."""

from tui_billing.domain.countries import COUNTRIES
from tui_billing.domain.parties import Address, Party
from tui_billing.render.markup import plain
from tui_billing.render.texts import label

# Where the post wants the postcode behind the town, or on a line of its own below it (Universal Postal Union).
_TOWN_FIRST = frozenset(
    ("AU", "BR", "CA", "CN", "HK", "ID", "IN", "JP", "KR", "NZ", "PK", "SA", "SG", "TH", "TW", "US", "ZA")
)
_POSTCODE_BELOW = frozenset(("GB", "GG", "GI", "IE", "IM", "JE", "LK", "RU", "UA"))


def address_lines(buyer: Party, seller: Party, language: str) -> tuple[str, ...]:
    """The lines for the window; a foreign country stands last, in capitals (DIN 5008)."""
    address = buyer.address
    street = f"{label(language, 'po_box')} {address.po_box}" if plain(address.po_box) else address.street
    lines = [
        buyer.name,
        buyer.name2,
        buyer.contact_person,
        address.extra,
        street,
        *town_lines(address, seller.address.country),
        "" if address.country == seller.address.country else country_name(address.country, language),
    ]
    return tuple(line for line in map(plain, lines) if line)


def town_lines(address: Address, home: str) -> tuple[str, ...]:
    """Postcode and town in the order that the country's post reads; at home the postcode stands first."""
    country = address.country.upper()
    if country != home.upper() and country in _POSTCODE_BELOW:
        return address.city, address.postcode
    if country != home.upper() and country in _TOWN_FIRST:
        return (f"{address.city} {address.postcode}",)
    return (f"{address.postcode} {address.city}",)


def country_name(code: str, language: str) -> str:
    """The country's name in capitals, or its code where it is not known."""
    names = COUNTRIES.get(code.upper())
    return (names[language == "en"] if names else code).upper()
