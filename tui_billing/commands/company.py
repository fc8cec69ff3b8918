"""`tui-billing company show|set`: the seller on every document."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace

from tui_billing.commands import fields
from tui_billing.commands.frame import Answer, Context, record
from tui_billing.domain.parties import Company
from tui_billing.i18n import _
from tui_billing.services import company


def register(parser: ArgumentParser) -> None:
    """The actions of the noun."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=_("AKTION"))
    shown = actions.add_parser("show", help=_("die Firma"))
    shown.set_defaults(handler=show)
    change = actions.add_parser("set", help=_("Felder der Firma setzen; legt sie beim ersten Mal an"))
    fields.add_fields(change, fields.COMPANY, without=("address.bulk_postcode",))
    change.set_defaults(handler=set_fields, create=True)


def show(context: Context, args: Namespace) -> Answer:
    """The record, with warnings where the law wants more."""
    found = company.company(context.desk.store)
    return Answer(record("company", found), company.check_company(found), lines=company_lines(found))


def set_fields(context: Context, args: Namespace) -> Answer:
    """Change what is given."""
    found = context.desk.store.get(Company, company.COMPANY_ID) or Company()
    values = fields.given(args)
    address = {k.partition(".")[2]: v for k, v in values.items() if k.startswith("address.")}
    plain = {k: v for k, v in values.items() if "." not in k}
    changed = replace(found, address=replace(found.address, **address), **plain)
    changed = company.checked_company(changed)
    if changed != found:
        changed = company.save_company(context.desk, changed)
    return Answer(record("company", changed), company.check_company(changed), lines=company_lines(changed))


def company_lines(found: Company) -> list[str]:
    """The record as text."""
    place = f"{found.address.postcode} {found.address.city}".strip()
    parts = (found.name, found.address.street, place, found.tax_number, found.vat_id, found.iban, found.email)
    return [part for part in parts if part]
