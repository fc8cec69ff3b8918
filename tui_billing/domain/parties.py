"""Seller and buyers: the company, the customers and how they want to be billed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

TERM_DAYS_MAX, TERM_MONTHS_MAX = 999, 60
"""The longest payment terms; more is a slip of the finger."""


class Channel(StrEnum):
    """Versandart Abrechnung of a customer; no channel is None."""

    EMAIL = "email"
    LETTER = "letter"


class InvoiceFormat(StrEnum):
    """Rechnungsformat: what a business customer must or wants to receive."""

    PDF = "pdf"
    ZUGFERD = "zugferd"
    ZUGFERD_XRECHNUNG = "zugferd_xrechnung"
    XRECHNUNG = "xrechnung"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A postal address; `country` is an ISO 3166 alpha-2 code."""

    street: str = ""
    extra: str = ""
    po_box: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    bulk_postcode: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentTerms:
    """Zahlungsbedingungen. Days count from the day after the invoice date (§ 187 BGB); months clamp (§ 188)."""

    days: int = 14
    months: int = 0
    skonto_percent: Decimal = Decimal(0)
    skonto_days: int = 0
    direct_debit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """The seller. One company per data folder (id 1)."""

    id: int = 1
    rev: int = 0
    name: str = ""
    address: Address = Address()
    tax_number: str = ""
    vat_id: str = ""
    creditor_id: str = ""
    iban: str = ""
    bic: str = ""
    bank_name: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    contact_person: str = ""
    register_entry: str = ""
    managing_directors: str = ""
    small_business: bool = False
    cash_accounting: bool = False
    previous_year_turnover: Decimal | None = None
    consumer_mail_warn_above: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """A customer; `number` is what the clerk sees, `cutoff_day` the Rechnungsstapel-Stichtag (1-31 or None)."""

    id: int = 0
    rev: int = 0
    number: str = ""
    name: str = ""
    name2: str = ""
    contact_person: str = ""
    address: Address = Address()
    language: str = "de"
    is_business: bool = True
    emails: tuple[str, ...] = ()
    channel: Channel | None = None
    terms: PaymentTerms = PaymentTerms()
    cutoff_day: int | None = None
    vat_id: str = ""
    leitweg_id: str = ""
    invoice_format: InvoiceFormat = InvoiceFormat.PDF
    iban: str = ""
    mandate_reference: str = ""
    mandate_date: date | None = None
    blocked: bool = False
    note: str = ""
    registration_id: str = ""
    """Number in a register (Handelsregister …): stands for the VAT id in a domestic § 13b e-invoice (BT-47)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerHead:
    """The few fields of a customer that a selection needs: read-only, and quicker to read."""

    id: int = 0
    rev: int = 0
    number: str = ""
    name: str = ""
    is_business: bool = True
    emails: tuple[str, ...] = ()
    channel: Channel | None = None
    blocked: bool = False


def default_format(is_business: bool, country: str) -> InvoiceFormat:
    """The format of a new customer: from 2027 a plain PDF is no invoice for a German business (§ 27(38) UStG)."""
    return InvoiceFormat.ZUGFERD if is_business and country == "DE" else InvoiceFormat.PDF


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Seller or buyer as a document keeps them: a snapshot, never a link."""

    number: str = ""
    name: str = ""
    name2: str = ""
    contact_person: str = ""
    address: Address = Address()
    tax_number: str = ""
    vat_id: str = ""
    leitweg_id: str = ""
    iban: str = ""
    bic: str = ""
    bank_name: str = ""
    creditor_id: str = ""
    mandate_reference: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    register_entry: str = ""
    managing_directors: str = ""
    is_business: bool = True
    small_business: bool = False
    cash_accounting: bool = False
    registration_id: str = ""


def seller_party(company: Company) -> Party:
    """The seller's snapshot for a new document."""
    return Party(
        name=company.name,
        contact_person=company.contact_person,
        address=company.address,
        tax_number=company.tax_number,
        vat_id=company.vat_id,
        iban=company.iban,
        bic=company.bic,
        bank_name=company.bank_name,
        creditor_id=company.creditor_id,
        email=company.email,
        phone=company.phone,
        website=company.website,
        register_entry=company.register_entry,
        managing_directors=company.managing_directors,
        small_business=company.small_business,
        cash_accounting=company.cash_accounting,
    )


def buyer_party(customer: Customer) -> Party:
    """The buyer's snapshot for a new document."""
    return Party(
        number=customer.number,
        name=customer.name,
        name2=customer.name2,
        contact_person=customer.contact_person,
        address=customer.address,
        vat_id=customer.vat_id,
        leitweg_id=customer.leitweg_id,
        iban=customer.iban,
        mandate_reference=customer.mandate_reference,
        email=customer.emails[0] if customer.emails else "",
        is_business=customer.is_business,
        registration_id=customer.registration_id,
    )
