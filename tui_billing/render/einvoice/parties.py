"""Seller (BG-4), buyer (BG-7) and deliver-to (BG-13) from the document's snapshots."""

from drafthorse.models.party import (
    BuyerTradeParty,
    PostalTradeAddress,
    SellerTradeParty,
    ShipToTradeParty,
    TaxRegistration,
    TradeContact,
    TradeParty,
)

from tui_billing.domain.document_facts import categories
from tui_billing.domain.documents import Document, VatCategory
from tui_billing.domain.inputs import ascii_address
from tui_billing.domain.parties import Address, Party
from tui_billing.render.einvoice.xmltext import line

EMAIL_SCHEME, LEITWEG_SCHEME = "EM", "0204"


def fill_seller(target: SellerTradeParty, document: Document) -> None:
    """With contact (BG-6) and electronic address; without a VAT id the tax number identifies (BR-CO-26)."""
    seller = document.seller
    shown_vat_id = "" if _is_out_of_scope(document) else line(seller.vat_id)
    if not shown_vat_id:
        target.id = line(seller.tax_number) or line(seller.creditor_id) or line(seller.name)
    target.name = line(seller.name)
    legal = ", ".join(filter(None, map(line, (seller.register_entry, seller.managing_directors))))
    if legal:
        target.description = legal
    _contact(target.contact, line(seller.contact_person) or line(seller.name), seller)
    _address(target.address, seller.address, seller.name2)
    _email(target, seller.email)
    if shown_vat_id:
        _register(target, "VA", shown_vat_id)
    if line(seller.tax_number):
        _register(target, "FC", line(seller.tax_number))


def fill_buyer(target: BuyerTradeParty, document: Document) -> None:
    """A Leitweg-ID is the electronic address of an authority, else the first mail address is."""
    buyer = document.buyer
    if line(buyer.number):
        target.id = line(buyer.number)
    target.name = line(buyer.name)
    if line(buyer.registration_id):
        target.legal_organization.id = line(buyer.registration_id)
    if line(buyer.contact_person):
        target.contact.person_name = line(buyer.contact_person)
    _address(target.address, buyer.address, buyer.name2)
    if line(buyer.leitweg_id):
        target.electronic_address.uri_ID = (LEITWEG_SCHEME, line(buyer.leitweg_id))
    else:
        _email(target, buyer.email)
    if line(buyer.vat_id) and not _is_out_of_scope(document):
        _register(target, "VA", line(buyer.vat_id))


def fill_ship_to(target: ShipToTradeParty, document: Document) -> None:
    """BG-13: the delivery address; an intra-community supply without one went to the buyer's (BT-80, BR-IC-12)."""
    if document.delivery_address is not None:
        target.name = line(document.delivery_name) or line(document.buyer.name)
        _address(target.address, document.delivery_address)
    elif VatCategory.INTRA_COMMUNITY in categories(document):
        target.name = line(document.buyer.name)
        _address(target.address, document.buyer.address, document.buyer.name2)


def _is_out_of_scope(document: Document) -> bool:
    """Category O forbids the VAT ids (BR-O-02)."""
    return VatCategory.OUT_OF_SCOPE in categories(document)


def _contact(target: TradeContact, name: str, party: Party) -> None:
    target.person_name = name
    if line(party.phone):
        target.telephone.number = line(party.phone)
    if line(party.email):
        target.email.address = ascii_address(line(party.email))


def _address(target: PostalTradeAddress, address: Address, name2: str = "") -> None:
    target.postcode = line(address.postcode)
    box = line(address.po_box)
    first = line(address.street) or (f"Postfach {box}" if box else "")
    lines = [text for text in (first, line(name2), line(address.extra)) if text]
    for name, text in zip(("line_one", "line_two", "line_three"), lines, strict=False):
        setattr(target, name, text)
    target.city_name = line(address.city)
    target.country_id = line(address.country).upper() or "DE"


def _email(target: TradeParty, address: str) -> None:
    if line(address):
        target.electronic_address.uri_ID = (EMAIL_SCHEME, ascii_address(line(address)))


def _register(target: TradeParty, scheme: str, value: str) -> None:
    registration = TaxRegistration()
    registration.id = (scheme, value)
    target.tax_registrations.add(registration)
