"""Postal addresses in the order of DIN 5008: name, person, addition, street or P.O. box, town, country."""

from tui_billing.domain.parties import Party
from tui_billing.render.countries import COUNTRIES
from tui_billing.render.markup import plain
from tui_billing.render.texts import label


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
        f"{address.postcode} {address.city}",
        "" if address.country == seller.address.country else country_name(address.country, language),
    ]
    return tuple(line for line in map(plain, lines) if line)


def country_name(code: str, language: str) -> str:
    """The country's name in capitals, or its code where it is not known."""
    names = COUNTRIES.get(code.upper())
    return (names[language == "en"] if names else code).upper()
