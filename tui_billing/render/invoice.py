"""A document becomes a letter: rules A1-A7 decide what stands on it, its snapshots what is said."""

from datetime import date

from tui_billing.domain import law_notes
from tui_billing.domain.documents import Document, DocumentKind, VatCategory
from tui_billing.domain.due_dates import skonto_date
from tui_billing.domain.format import NBSP, day, money, percent
from tui_billing.domain.money import percent_of
from tui_billing.domain.parties import Party
from tui_billing.render import girocode
from tui_billing.render.address import address_lines
from tui_billing.render.letter import Letter
from tui_billing.render.markup import escape, markdown_blocks, plain
from tui_billing.render.positions import item_table
from tui_billing.render.texts import REFERRED, TITLES, label, language_of

ASKS_FOR_MONEY = (DocumentKind.INVOICE, DocumentKind.DEBIT_MEMO)


def invoice_letter(document: Document, *, draft: bool = False, copy: bool = False) -> Letter:
    """The letter of one document. A draft is marked on every page, a copy above its title."""
    language = language_of(document.language)
    title = TITLES[language][document.kind]
    name = f"{title} {plain(document.number)}".strip()
    return Letter(
        title=f"{name} - {plain(document.seller.name)}",
        language=language,
        created=document.invoice_date,
        seller=document.seller,
        identity="\n".join((document.seller.name, document.kind, document.number, document.invoice_date.isoformat())),
        address=address_lines(document.buyer, document.seller, language),
        info=tuple(information(document, language)),
        heading=name,
        subheading=reference(document, language),
        intro_html=markdown_blocks(document.header_text),
        tables=(item_table(document, language),),
        payment_html=tuple(payment(document, language)),
        closing_html=(*notes(document, language), *markdown_blocks(document.footer_text)),
        girocode=transfer_code(document),
        mark=label(language, "draft") if draft else "",
        copy_mark=label(language, "copy") if copy else "",
        running_head=f"{name} · {day(document.invoice_date, language)}",
    )


def information(document: Document, language: str) -> list[tuple[str, str]]:
    """The information block: label and value, only what is known (A1: date, number, time of supply, tax ids)."""
    is_invoice = document.kind is DocumentKind.INVOICE
    buyer, seller = document.buyer, document.seller
    rows = [
        ("invoice_number" if is_invoice else "number", document.number),
        ("invoice_date" if is_invoice else "date", day(document.invoice_date, language)),
        ("customer_number", buyer.number),
        ("service_period", period(document.period_from, document.period_to, language)),
        ("service_date", day(document.service_date, language)),
        ("order_number", document.order_number),
        ("buyer_reference", document.buyer_order_reference),
        ("leitweg_id", buyer.leitweg_id),
        ("buyer_vat_id", buyer.vat_id),
        ("buyer_register", buyer.registration_id),
        ("tax_number", seller.tax_number),
        ("vat_id", seller.vat_id),
        ("contact", seller.contact_person),
    ]
    if not (document.period_from or document.period_to or document.service_date):
        rows.insert(3, ("service_period", _span_of_lines(document, language)))
    return [(label(language, key), plain(value)) for key, value in rows if plain(value)]


def period(start: date | None, end: date | None, language: str) -> str:
    """01.11.2026 – 30.11.2026, both ends inclusive; one day where they are the same."""
    days = [day(d, language) for d in (start, end) if d]
    return f"{NBSP}– ".join(dict.fromkeys(days))


def _span_of_lines(document: Document, language: str) -> str:
    starts = [line.service_from or line.service_to for line in document.lines]
    ends = [line.service_to or line.service_from for line in document.lines]
    first = min((d for d in starts if d), default=None)
    return period(first, max((d for d in ends if d), default=None), language)


def reference(document: Document, language: str) -> str:
    """What a cancellation or correction refers to (§ 31(5) UStDV): number and date of the original."""
    if document.reference is None:
        return ""
    original = document.reference
    title = TITLES[language][original.kind]
    if language == "de":
        title = REFERRED.get(original.kind, title)
    day_text = day(original.invoice_date, language)
    return label(language, "reference", title=title, number=plain(original.number), date=day_text)


def payment(document: Document, language: str) -> list[str]:
    """The payment sentences as HTML: due date, Skonto, transfer or direct debit; else what the account is booked."""
    payable = document.totals.payable
    if document.kind not in ASKS_FOR_MONEY or payable <= 0:
        key = "credited" if payable < 0 or document.kind is DocumentKind.SELF_BILLING else "debited"
        booked = label(language, key, amount=money(abs(payable), language)) if payable else ""
        return [f"<p>{escape(booked)}</p>"] if booked else []
    sentences = [*_skonto(document, language)]
    if document.terms.direct_debit:
        sentences = [*_direct_debit(document, language), *sentences]
    else:
        sentences = [_due(document, language), *sentences, *_transfer(document, language)]
    return [f"<p>{escape(sentence)}</p>" for sentence in sentences]


def _due(document: Document, language: str) -> str:
    if document.due_date is None or document.due_date <= document.invoice_date:
        return label(language, "pay_at_once")
    return label(language, "pay_until", date=day(document.due_date, language))


def _skonto(document: Document, language: str) -> list[str]:
    last_day = skonto_date(document.invoice_date, document.terms)
    if last_day is None:
        return []
    payable = document.totals.payable
    discount = percent_of(payable, document.terms.skonto_percent)
    return [
        label(
            language,
            "skonto",
            date=day(last_day, language),
            percent=percent(document.terms.skonto_percent, language),
            discount=money(discount, language),
            amount=money(payable - discount, language),
        )
    ]


def _transfer(document: Document, language: str) -> list[str]:
    seller = document.seller
    if not seller.iban:
        return []
    bic = f", BIC{NBSP}{seller.bic}" if seller.bic else ""
    amount = money(document.totals.payable, language)
    return [label(language, "transfer", amount=amount, iban=grouped_iban(seller.iban), bic=bic, number=document.number)]


def _direct_debit(document: Document, language: str) -> list[str]:
    buyer, seller = document.buyer, document.seller
    account = label(language, "direct_debit_from", iban=masked_iban(buyer.iban)) if buyer.iban else ""
    when = day(document.due_date or document.invoice_date, language)
    amount = money(document.totals.payable, language)
    sentences = [label(language, "direct_debit", amount=amount, date=when, account=account)]
    if buyer.mandate_reference or seller.creditor_id:
        mandate, creditor = buyer.mandate_reference or "–", seller.creditor_id or "–"
        sentences.append(label(language, "mandate", mandate=mandate, creditor=creditor))
    return sentences


def grouped_iban(iban: str) -> str:
    """DE02 1203 0000 0000 2020 51, with blanks that do not break."""
    bare = "".join(iban.split())
    return NBSP.join(bare[i : i + 4] for i in range(0, len(bare), 4))


def masked_iban(iban: str) -> str:
    """The account to be debited, known to its owner by country, check digits and its last four signs."""
    bare = "".join(iban.split())
    return f"{bare[:4]}{NBSP}…{NBSP}{bare[-4:]}"


def notes(document: Document, language: str) -> list[str]:
    """Notes that the law asks for (A3-A5, § 14(4) nos. 6a and 9 UStG) as HTML, each once."""
    found = [*law_notes.notes(document)]
    if any(line.vat_category is VatCategory.ZERO_RATED for line in document.lines):
        found.append(label(language, "zero_rated"))
    if document.gross_prices and not document.seller.small_business:
        found.append(label(language, "gross_prices"))
    return [f"<p>{escape(note)}</p>" for note in found]


def transfer_code(document: Document) -> str:
    """The GiroCode's content; none for what is collected, credited, cancelled or in another currency."""
    if document.kind not in ASKS_FOR_MONEY or document.terms.direct_debit or document.currency != "EUR":
        return ""
    return girocode.payload(document.seller, document.totals.payable, document.number)


def seller_line(seller: Party) -> str:
    """The return address above the window: name and address of the seller in one line."""
    address = seller.address
    street = address.street or address.po_box
    place = f"{address.postcode} {address.city}".strip()
    return " · ".join(part for part in (plain(seller.name), plain(street), plain(place)) if part)
