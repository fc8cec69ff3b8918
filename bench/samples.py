"""The invented seller and buyer of the benches' documents."""

from tui_billing.domain.parties import Address, Party

SELLER = Party(
    name="Muster & Söhne GmbH",
    address=Address(street="Kontorstraße 12", postcode="20457", city="Hamburg"),
    tax_number="22/123/45678",
    vat_id="DE136695976",
    iban="DE02120300000000202051",
    bic="BYLADEM1001",
    email="rechnung@muster.example",
    phone="+49 40 123456",
)
BUYER = Party(
    number="10004",
    name="Bäckerei Öztürk & Söhne",
    contact_person="Frau Yılmaz",
    address=Address(street="Große Straße 7", postcode="22765", city="Hamburg"),
    email="buero@oeztuerk.example",
)
