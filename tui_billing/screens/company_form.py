"""Firma: the seller on every document, bank and tax; from here to numbers and mail profile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from tui_billing.domain import inputs
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Company
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens import show
from tui_billing.screens.address_fields import address_fields, address_of, address_values
from tui_billing.screens.form import FormScreen
from tui_billing.screens.readers import optional
from tui_billing.screens.widgets.field import NEIN_JA, Field
from tui_billing.services import company as company_service


class CompanyFormScreen(FormScreen):
    """One company per data folder."""

    NAME: ClassVar[str] = "company_form"
    HELP: ClassVar[str] = N_(
        "Die Angaben, die auf jeder Rechnung stehen. Ohne Name, Anschrift und Steuernummer oder USt-IdNr. wird keine "
        "Rechnung festgeschrieben. F4 zeigt die Nummernkreise, F6 Absender, Mailtext und Mailserver."
    )

    def title_text(self) -> str:
        return _("Firma")

    def fields(self) -> Sequence[Field]:
        return (
            Field("name", N_("Name"), width=40, heading=N_("Verkäufer")),
            *address_fields("address."),
            Field("contact_person", N_("Ansprechpartner")),
            Field("email", N_("E-Mail"), parse=optional(inputs.parse_email), width=40),
            Field("phone", N_("Telefon")),
            Field("website", N_("Internet"), width=40),
            Field("tax_number", N_("Steuernummer"), heading=N_("Steuer und Register")),
            Field("vat_id", N_("USt-IdNr."), parse=optional(inputs.parse_vat_id), hint=N_("DE123456789")),
            Field("small_business", N_("Kleinunternehmer § 19 UStG"), choices=NEIN_JA),
            Field("cash_accounting", N_("Ist-Versteuerung"), choices=NEIN_JA),
            Field("register_entry", N_("Registereintrag"), width=40),
            Field("managing_directors", N_("Geschäftsführung"), width=40),
            _money("previous_year_turnover", N_("Umsatz im Vorjahr")),
            Field("iban", N_("IBAN"), parse=optional(inputs.parse_iban), heading=N_("Bank"), width=34),
            Field("bic", N_("BIC")),
            Field("bank_name", N_("Bank")),
            Field("creditor_id", N_("Gläubiger-ID"), parse=optional(inputs.parse_creditor_id)),
            _money("consumer_mail_warn_above", N_("Warnen: Verbraucher-Mail über"), heading=N_("Versand")),
        )

    def read_record(self) -> Company:
        return self.desk.store.get(Company, company_service.COMPANY_ID) or Company()

    def values_of(self, record: Company) -> Mapping[str, Any]:
        names = [f.name for f in self.fields() if hasattr(record, f.name)]
        return {name: getattr(record, name) for name in names} | address_values(record.address)

    def store(self, record: Company, values: Mapping[str, Any]) -> Company:
        own = {k: v for k, v in values.items() if hasattr(record, k)}
        return company_service.save_company(
            self.desk, replace(record, **own, address=address_of(values, record.address))
        )

    def action_numbers(self) -> None:
        """F4: Nummernkreise; what is typed here waits."""
        self.billing.open("numbers")

    def action_log(self) -> None:
        """F2: who changed what of the company."""
        self.billing.open("audit", table="company", record_id=company_service.COMPANY_ID)

    def action_mail(self) -> None:
        """F6: Versand und Mailtext; what is typed here waits."""
        self.billing.open("mail_form")

    def finish(self, result: Company) -> None:
        """What the law still misses is said, and does not keep anybody from storing."""
        warnings = company_service.check_company(result)
        if warnings:
            self.record = result
            for widget in self.widgets:
                widget.accept()
            self.say(_("Gespeichert. ") + " ".join(sentence(p) for p in warnings))
        else:
            self.dismiss(result)


def _money(name: str, label: str, heading: str = "") -> Field:
    parse = optional(inputs.parse_amount, None)
    return Field(name, label, parse=parse, show=show.amount, echo=show.eur, width=15, heading=heading)
