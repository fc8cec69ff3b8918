"""The one company of a data folder: the seller on every document."""

from collections.abc import Callable
from dataclasses import replace

from tui_billing.domain.inputs import parse_creditor_id, parse_email, parse_iban, parse_vat_id
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Company
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.services.snapshots import follow_company
from tui_billing.store.repositories import Repository

COMPANY_ID = 1
Parse = Callable[[str], tuple[str | None, list[Problem]]]


def company(store: Repository) -> Company:
    """The seller. Raises Refused COMPANY_MISSING where nobody has entered one yet."""
    found = store.get(Company, COMPANY_ID)
    if found is None:
        text = N_(
            "Es ist noch keine Firma angelegt. Bitte zuerst die Firma eingeben (Bildschirm Firma, „company set“)."
        )
        raise Refused(Problem("COMPANY_MISSING", text))
    return found


def check_company(record: Company) -> list[Problem]:
    """What an invoice law needs of the seller (A1): warnings, the record may be stored piece by piece."""
    checks = (
        (record.name, "NAME_FEHLT", N_("Der Name der Firma fehlt.")),
        (record.address.postcode and record.address.city, "ANSCHRIFT_FEHLT", N_("Die Anschrift der Firma fehlt.")),
        (
            record.tax_number or record.vat_id,
            "STEUERNUMMER_FEHLT",
            N_("Weder Steuernummer noch USt-IdNr. ist eingetragen; ohne eine davon wird keine Rechnung final."),
        ),
    )
    return [Problem(code, text, warning=True) for value, code, text in checks if not value]


def checked_company(record: Company) -> Company:
    """The record with IBAN, tax ids and address checked and normalised. Raises WrongUse with every wrong input."""
    problems: list[Problem] = []

    def field(name: str, value: str, parse: Parse) -> str:
        if not value.strip():
            return ""
        parsed, found = parse(value)
        problems.extend(replace(p, where=p.where or name) for p in found if not p.warning)
        return value.strip() if parsed is None else parsed

    fresh = replace(
        record,
        name=clean(record.name).strip(),
        iban=field("iban", record.iban, parse_iban),
        vat_id=field("vat_id", record.vat_id, parse_vat_id),
        creditor_id=field("creditor_id", record.creditor_id, parse_creditor_id),
        email=field("email", record.email, parse_email),
    )
    if problems:
        raise WrongUse(*problems)
    return fresh


def save_company(desk: Desk, record: Company, *, reason: str = "") -> Company:
    """Store the company; `rev` 0 is the first time. Raises Stale where a colleague was faster.

    Open documents take the new seller with it, so that one that the law has refused can go out. A record as it is
    stored already is given back, and nothing is written.
    """
    known = desk.store.get(Company, COMPANY_ID)
    if known is not None and replace(record, id=COMPANY_ID, rev=known.rev) == known:
        return known
    with desk.store.transaction("Firma geändert", reason=reason, undoable=True) as tx:
        if tx.get(Company, COMPANY_ID) is None:
            return tx.insert(replace(record, id=COMPANY_ID))
        stored = tx.put(replace(record, id=COMPANY_ID), expect_rev=record.rev)
        follow_company(tx, stored)
        return stored
