"""The demo company: invented, the same for the same size and day, any size.

Invoices fall into the month of `today` and the four months before; older ones have been sent.
"""

import random
from calendar import monthrange
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from tui_billing.demo import names
from tui_billing.demo.orders import store_demo_orders
from tui_billing.demo.payments import demo_payments
from tui_billing.domain.documents import Document, DocumentKind, DocumentType, Line, VatCategory
from tui_billing.domain.parties import Address, Channel, Company, Customer, InvoiceFormat, PaymentTerms, default_format
from tui_billing.services import documents
from tui_billing.services.customers import next_number
from tui_billing.services.desk import Desk, Progress
from tui_billing.store.repositories import Transaction

SEED = 1899
MONTHS = 5
GROUP = 250

COMPANY = Company(
    name="Muster & Söhne Bürodienste GmbH",
    address=Address(street="Musterweg 7", postcode="20999", city="Nordhafen"),
    tax_number="22/815/08150",
    vat_id="DE136695976",
    creditor_id="DE98ZZZ09999999999",
    iban="DE02120300000000202051",
    bic="BYLADEM1001",
    bank_name="Musterbank Nordhafen",
    email="rechnung@muster-soehne.example",
    phone="+49 40 00000-0",
    website="www.muster-soehne.example",
    contact_person="Frau Größer",
    register_entry="Amtsgericht Nordhafen HRB 4711",
    managing_directors="Änne Muster, Jürgen Muster",
    previous_year_turnover=Decimal("640000.00"),
)
DOCUMENT_TYPES = (
    DocumentType(name="Beitragsrechnung", number_range="BR"),
    DocumentType(name="Mietrechnung", number_range="MR"),
)


def build_demo(desk: Desk, size: int) -> Generator[Progress, None, None]:
    """Fill an empty store: company, `size` customers, their documents, orders, cutoff days and payments."""
    rng = random.Random(SEED)
    today = desk.today()
    # The hour must not tell two demo companies of one day apart.
    morning = datetime.combine(today, time(8), UTC)
    desk = replace(desk, now=lambda: morning)
    with desk.store.transaction("Demofirma angelegt") as tx:
        tx.insert(COMPANY)
        for document_type in DOCUMENT_TYPES:
            tx.insert(document_type)
    for start in range(0, size, GROUP):
        count = min(GROUP, size - start)
        with desk.store.transaction(f"Demofirma: Kunden {start + 1} bis {start + count}") as tx:
            customers = [tx.insert(demo_customer(start + n, tx, rng)) for n in range(count)]
            for customer in customers:
                for document in customer_documents(customer, today, rng):
                    _store(tx, document, today, rng)
                demo_payments(tx, customer, today)
            store_demo_orders(tx, customers, random.Random(SEED + start), today)
        yield Progress(start + count, size)
    _cancel_one(desk)


def demo_customer(place: int, tx: Transaction, rng: random.Random) -> Customer:
    """Customer number `place` (from 0); the first ones hold one of each special case."""
    town, postcode = names.TOWNS[place % len(names.TOWNS)]
    name, is_business = _name(place, town, rng)
    channel = (Channel.EMAIL, Channel.EMAIL, Channel.EMAIL, Channel.LETTER, None)[place % 5]
    has_mail = channel is Channel.EMAIL or place % 3 == 0
    slug = f"kunde{10001 + place}"
    emails: tuple[str, ...] = (f"rechnung@{slug}.example",) if has_mail and place % 29 != 7 else ()
    if emails and place % 17 == 3:
        emails += (f"buchhaltung@{slug}.example",)
    foreign = place % 23 == 11
    address = Address(
        street="" if place % 31 == 9 else f"{rng.choice(names.STREETS)} {rng.randint(1, 180)}",
        po_box=f"{rng.randint(10, 99)} {rng.randint(10, 99)} 00" if place % 31 == 9 else "",
        postcode=f"{1000 + place % 9000:04d}" if foreign else postcode,
        city="Oberwinkl" if foreign else town,
        country="AT" if foreign else "DE",
    )
    if place % 41 == 13:
        address = Address(country="DE")
    return Customer(
        number=next_number(tx),
        name=name,
        contact_person=f"{rng.choice(names.GIVEN)} {rng.choice(names.FAMILY)}" if place % 4 == 1 else "",
        address=address,
        language="en" if place % 19 == 6 else "de",
        is_business=is_business,
        emails=emails,
        channel=channel,
        terms=PaymentTerms(
            days=(14, 30, 10, 0)[place % 4],
            skonto_percent=Decimal(2) if place % 6 == 1 else Decimal(0),
            skonto_days=7 if place % 6 == 1 else 0,
        ),
        cutoff_day=(15, 30, 31, None, 20, None)[place % 6],
        vat_id="ATU37675002" if foreign else "",
        leitweg_id="04011000-1234512345-06" if name.startswith("Stadtwerke") else "",
        invoice_format=InvoiceFormat.PDF if place % 3 == 1 else default_format(is_business, address.country),
    )


def _name(place: int, town: str, rng: random.Random) -> tuple[str, bool]:
    if 4 <= place < 4 + len(names.HOSTILE):
        return names.HOSTILE[place - 4], True
    pattern, is_business = names.TRADES[place % len(names.TRADES)]
    return pattern.format(family=rng.choice(names.FAMILY), given=rng.choice(names.GIVEN), town=town), is_business


def customer_documents(customer: Customer, today: date, rng: random.Random) -> Iterator[Document]:
    """About one document a month; every 11th customer gets many in the current one."""
    for back in range(MONTHS - 1, -1, -1):
        first = today.replace(day=1) - relativedelta(months=back)
        count = rng.choice((0, 1, 1, 1, 2)) if customer.id % 11 else rng.randint(2, 6)
        for _ in range(count):
            day = first.replace(day=rng.randint(1, monthrange(first.year, first.month)[1]))
            yield _document(customer, day, rng)


def _document(customer: Customer, day: date, rng: random.Random) -> Document:
    roll = rng.random()
    kind = DocumentKind.CREDIT_MEMO if roll < 0.03 else DocumentKind.DEBIT_MEMO if roll < 0.05 else DocumentKind.INVOICE
    lines = tuple(_line(rng) for _ in range(rng.choice((1, 1, 2, 3, 5)) if kind is DocumentKind.INVOICE else 1))
    long_one = kind is DocumentKind.INVOICE and rng.random() < 0.01
    last = day.replace(day=monthrange(day.year, day.month)[1])
    return documents.build(
        COMPANY,
        customer,
        kind=kind,
        invoice_date=day,
        lines=lines * 15 if long_one else lines,
        period_from=day.replace(day=1),
        period_to=last,
    )


def _line(rng: random.Random) -> Line:
    article, name, unit, price, tax = rng.choice(names.ARTICLES)
    exempt = tax == "exempt"
    return Line(
        article=article,
        name=name,
        quantity=Decimal(rng.randint(1, 4000)) if unit == "kWh" else Decimal(rng.randint(1, 24)),
        unit=unit,
        unit_price=Decimal(price),
        price_unit=Decimal(100) if article == "K-077" else Decimal(1),
        discount_percent=Decimal(5) if rng.random() < 0.1 else Decimal(0),
        vat_category=VatCategory.EXEMPT if exempt else VatCategory.STANDARD,
        vat_rate=Decimal(0) if exempt else Decimal(7) if tax == "reduced" else Decimal(19),
    )


def _store(tx: Transaction, document: Document, today: date, rng: random.Random) -> None:
    """Older documents were sent in their month, a few of this month too; incomplete ones stay as they are."""
    stored = documents.add(tx, document, at=f"{document.invoice_date.isoformat()}T08:00:00+00:00")
    this_month = (document.invoice_date.year, document.invoice_date.month) == (today.year, today.month)
    sent = rng.random() < (0.15 if this_month and document.invoice_date <= today else 0.95)
    if not sent or (this_month and document.invoice_date > today) or not document.buyer.address.city:
        return
    at = f"{document.invoice_date.isoformat()}T10:00:00+00:00"
    documents.mark_output(tx, stored, at=at, mailed=bool(document.buyer.email))


def _cancel_one(desk: Desk) -> None:
    """One pair of invoice and Stornorechnung, and one invoice that was cancelled before it went out."""
    final = next((d for d in desk.store.scan(Document) if d.was_sent and d.kind is DocumentKind.INVOICE), None)
    draft = next((d for d in desk.store.scan(Document) if not d.was_sent and d.kind is DocumentKind.INVOICE), None)
    for document, reason in ((final, "Doppelt berechnet"), (draft, "Falscher Kunde")):
        if document is not None:
            documents.cancel(desk, document.id, reason)
