"""The statement of a batch: a list of documents and payments that must not look like an invoice (rules D5, D8)."""

from tui_billing.domain.format import NBSP, day, money
from tui_billing.domain.statements import Statement, StatementPayment
from tui_billing.render import girocode
from tui_billing.render.address import address_lines
from tui_billing.render.invoice import grouped_iban, masked_iban, period
from tui_billing.render.letter import Column, Letter, Row, Sum, Table
from tui_billing.render.markup import escape, plain
from tui_billing.render.port import StatementJob
from tui_billing.render.positions import WIDTH
from tui_billing.render.texts import TITLES, label, language_of


def statement_letter(job: StatementJob) -> Letter:
    """The Sammelaufstellung: documents with gross amounts, prior balance, payments, carry-over, what is to be paid."""
    statement = job.statement
    language = language_of(statement.language)
    closing = day(statement.close_date, language)
    title = label(language, "statement_title")
    name = label(language, "statement_subject", number=statement.batch_number, date=closing)
    note = label(language, "statement_note")
    return Letter(
        title=f"{title} {statement.batch_number} - {plain(statement.seller.name)}",
        language=language,
        created=statement.close_date,
        seller=statement.seller,
        identity=f"{statement.seller.name}\n{statement.batch_number}\n{statement.buyer.number}\n{job.note}",
        address=address_lines(statement.buyer, statement.seller, language),
        info=tuple(_information(statement, language)),
        heading=title,
        subheading=f"{name}. {plain(job.note)}".rstrip(". ") if job.note else name,
        intro_html=(f"<p>{escape(note)}</p>",),
        tables=(_documents(statement, language), _account(statement, language)),
        payment_html=tuple(_payment(statement, language)),
        girocode=_code(statement),
        mark=label(language, "draft") if job.draft else "",
        copy_mark=label(language, "copy") if job.copy else "",
        running_head=f"{title} {statement.batch_number} · {closing}",
    )


def _information(statement: Statement, language: str) -> list[tuple[str, str]]:
    rows = [
        ("batch_number", str(statement.batch_number)),
        ("close_date", day(statement.close_date, language)),
        ("customer_number", statement.buyer.number),
        ("period", period(statement.period_from, statement.close_date, language) if statement.period_from else ""),
        ("contact", statement.seller.contact_person),
    ]
    return [(label(language, key), plain(value)) for key, value in rows if plain(value)]


def _documents(statement: Statement, language: str) -> Table:
    """Number, kind, date, gross: no VAT amount stands here (rule D8)."""
    columns = (
        Column(label(language, "statement_document"), 150),
        Column(label(language, "statement_kind"), WIDTH - 150 - 90 - 100),
        Column(label(language, "date"), 90),
        Column(label(language, "statement_gross"), 100, right=True),
    )
    rows = tuple(
        Row(
            (
                escape(row.number),
                TITLES[language][row.kind],
                day(row.batch_date, language),
                money(row.gross, language),
            ),
            row.gross,
            row.number,
        )
        for row in statement.rows
    )
    total = Sum(label(language, "new_documents"), money(statement.invoiced + statement.taxes, language), strong=True)
    return Table(columns, rows, (total,))


def _account(statement: Statement, language: str) -> Table:
    """Prior balance, each payment, carry-over, new documents, amount due."""
    columns = (
        Column(label(language, "statement_account"), WIDTH - 100),
        Column("", 100, right=True),
    )
    rows = [Row((label(language, "former_amount"), money(statement.former_amount, language)))]
    for paid in statement.payment_rows:
        rows.append(Row((_payment_name(paid, language), money(-paid.amount, language))))
    if not statement.payment_rows:
        rows.append(Row((label(language, "no_payments"), money(-statement.payments, language))))
    due = statement.amount_due
    sums = (
        Sum(label(language, "carry_over"), money(statement.carry_over, language)),
        Sum(label(language, "new_documents"), money(statement.invoiced + statement.taxes, language)),
        Sum(label(language, "amount_due" if due >= 0 else "credit_balance"), money(abs(due), language), strong=True),
    )
    return Table(columns, tuple(rows), sums, has_carry=False)


def _payment_name(paid: StatementPayment, language: str) -> str:
    """What a line of the account is called, as HTML; its text is the bank's, or the number of a prepaid document."""
    if paid.is_prepaid:
        return escape(label(language, "prepaid_on", number=plain(paid.text)))
    name = label(language, "skonto_taken" if paid.is_skonto else "payment", date=day(paid.paid_date, language))
    return escape(name) + (f" · {escape(paid.text)}" if plain(paid.text) else "")


def _payment(statement: Statement, language: str) -> list[str]:
    due, seller, buyer = statement.amount_due, statement.seller, statement.buyer
    if due <= 0:
        return []
    amount = money(due, language)
    subject = payment_text(statement)
    sentences = []
    if statement.terms.direct_debit:
        account = label(language, "direct_debit_from", iban=masked_iban(buyer.iban)) if buyer.iban else ""
        when = day(statement.due_date or statement.close_date, language)
        sentences.append(label(language, "direct_debit", amount=amount, date=when, account=account))
        if buyer.mandate_reference or seller.creditor_id:
            mandate, creditor = buyer.mandate_reference or "–", seller.creditor_id or "–"
            sentences.append(label(language, "mandate", mandate=mandate, creditor=creditor))
    else:
        if statement.due_date:
            sentences.append(label(language, "pay_until", date=day(statement.due_date, language)))
        if seller.iban:
            bic = f", BIC{NBSP}{seller.bic}" if seller.bic else ""
            iban = grouped_iban(seller.iban)
            sentences.append(label(language, "transfer", amount=amount, iban=iban, bic=bic, number=subject))
    return [f"<p>{escape(sentence)}</p>" for sentence in sentences]


def payment_text(statement: Statement) -> str:
    """What the customer names when paying: the batch and the customer number."""
    return f"Stapel {statement.batch_number} {plain(statement.buyer.number)}".strip()


def _code(statement: Statement) -> str:
    if statement.terms.direct_debit:
        return ""
    return girocode.payload(statement.seller, statement.amount_due, payment_text(statement))
