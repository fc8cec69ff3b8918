"""Kunde: the whole form, and the short one that mends a contact from inside a run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from tui_billing.domain import inputs
from tui_billing.domain.cutoff import next_closings
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import Channel, Customer, InvoiceFormat
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.address_fields import address_fields
from tui_billing.screens.form import FormScreen
from tui_billing.screens.readers import email_list, optional, whole_number
from tui_billing.screens.widgets.date_input import date_field
from tui_billing.screens.widgets.field import NEIN_JA, Field
from tui_billing.services import batches, customers

CHANNELS = ((Channel.EMAIL, N_("E-Mail")), (Channel.LETTER, N_("Brief")), (None, N_("keine")))
FORMATS = (
    (InvoiceFormat.PDF, N_("PDF")),
    (InvoiceFormat.ZUGFERD, N_("ZUGFeRD")),
    (InvoiceFormat.ZUGFERD_XRECHNUNG, N_("ZUGFeRD-XRechnung")),
    (InvoiceFormat.XRECHNUNG, N_("XRechnung")),
)


def contact_fields(heading: str = "") -> tuple[Field, ...]:
    """Kommunikation: Versandart Abrechnung and the addresses of one mail."""
    hint = N_("mehrere mit Komma: eine Mail an alle")
    return (
        Field("channel", N_("Versandart Abrechnung"), choices=CHANNELS, heading=heading),
        Field("emails", N_("E-Mail"), parse=email_list, show=", ".join, width=44, hint=hint),
    )


class ContactFormScreen(FormScreen):
    """What a run needs of a customer, from inside it: Versandart, e-mail addresses, postal address."""

    NAME: ClassVar[str] = "contact_form"
    HELP: ClassVar[str] = N_(
        "Was der Lauf vom Kunden braucht: Versandart, E-Mail-Adressen und Anschrift. Mehrere E-Mail-Adressen stehen in "
        "einer Mail. Angelegte Belege übernehmen die neue Anschrift."
    )

    def __init__(self, customer_id: int) -> None:
        super().__init__()
        self._customer_id = customer_id

    def title_text(self) -> str:
        record: Customer | None = self.record
        return _("Kontakt · {number} {name}").format(number=record.number, name=record.name) if record else _("Kontakt")

    def fields(self) -> Sequence[Field]:
        street, *rest = address_fields("address.")
        return (*contact_fields(N_("Kommunikation")), replace(street, heading=N_("Anschrift")), *rest)

    def read_record(self) -> Customer:
        return self.desk.store.need(Customer, self._customer_id)

    def values_of(self, record: Customer) -> Mapping[str, Any]:
        return {spec.name: _value(record, spec.name) for spec in self.fields()}

    def store(self, record: Customer, values: Mapping[str, Any]) -> Customer:
        return customers.save_customer(self.desk, customers.with_fields(record, values))


class CustomerFormScreen(FormScreen):
    """Everything about a customer; id 0 is a new one."""

    NAME: ClassVar[str] = "customer_form"
    HELP: ClassVar[str] = N_(
        "Die Versandart Abrechnung entscheidet, welcher Rechnungslauf den Kunden aufnimmt. Angelegte "
        "Belege übernehmen eine neue Anschrift, festgeschriebene behalten ihre."
    )

    def __init__(self, customer_id: int = 0) -> None:
        super().__init__()
        self._customer_id = customer_id

    def title_text(self) -> str:
        record: Customer | None = self.record
        if record is None or not record.id:
            return _("Neuer Kunde")
        return _("Kunde {number} · {name}").format(number=record.number, name=record.name)

    def fields(self) -> Sequence[Field]:
        today = self.desk.today
        percent = optional(lambda t: inputs.parse_percent(t, maximum=100), 0)
        return (
            Field("number", N_("Kundennummer"), width=14, hint=N_("leer: die nächste"), heading=N_("Kunde")),
            Field("name", N_("Name"), width=44),
            Field("name2", N_("Name, zweite Zeile"), width=44),
            Field("contact_person", N_("Ansprechpartner"), width=40),
            *address_fields("address."),
            Field("language", N_("Sprache"), choices=(("de", N_("Deutsch")), ("en", N_("Englisch")))),
            Field("is_business", N_("Art"), choices=((True, N_("Unternehmen")), (False, N_("Verbraucher")))),
            *contact_fields(N_("Kommunikation")),
            Field("invoice_format", N_("Rechnungsformat"), choices=FORMATS),
            Field("leitweg_id", N_("Leitweg-ID"), parse=optional(inputs.parse_leitweg_id), width=40),
            Field("terms.days", N_("Zahlungsziel in Tagen"), whole_number(999), width=5, heading=N_("Zahlung")),
            Field("terms.months", N_("und Monaten"), whole_number(60), width=5),
            Field("terms.skonto_percent", N_("Skonto in Prozent"), parse=percent, show=show.plain_number, width=8),
            Field("terms.skonto_days", N_("Skonto-Frist in Tagen"), whole_number(999), width=5),
            Field("terms.direct_debit", N_("Lastschrifteinzug"), choices=NEIN_JA),
            Field("iban", N_("IBAN"), parse=optional(inputs.parse_iban), width=34),
            Field("mandate_reference", N_("Mandatsreferenz")),
            date_field("mandate_date", N_("Mandat vom"), today, optional=True),
            Field("cutoff_day", N_("Rechnungsstapel-Stichtag"), parse=optional(inputs.parse_cutoff_day, None), width=4,
                  echo=self._closings, hint=N_("1 bis 31"), heading=N_("Steuer und Stapel")),
            Field("vat_id", N_("USt-IdNr."), parse=optional(inputs.parse_vat_id)),
            Field("registration_id", N_("Registernummer"), width=30, hint=N_("§ 13b ohne USt-IdNr.")),
            Field("note", N_("Notiz"), width=44),
        )  # fmt: skip

    def _closings(self, cutoff_day: int | None) -> str:
        """The next close dates, beside the Stichtag while it is typed."""
        if cutoff_day is None:
            return ""
        at_month_end = batches.month_end(self.desk.store)
        days = next_closings(cutoff_day, self.desk.today(), 3, month_end=at_month_end)
        return ", ".join(show.short_day(d) for d in days)

    def read_record(self) -> Customer:
        if not self._customer_id:
            return Customer(channel=Channel.EMAIL, invoice_format=InvoiceFormat.ZUGFERD)
        return self.desk.store.need(Customer, self._customer_id)

    def values_of(self, record: Customer) -> Mapping[str, Any]:
        return {spec.name: _value(record, spec.name) for spec in self.fields()}

    def store(self, record: Customer, values: Mapping[str, Any]) -> Customer:
        return customers.save_customer(self.desk, customers.with_fields(record, values))

    def action_log(self) -> None:
        """F2: the audit trail of this customer."""
        self.billing.open("audit", table="customers", record_id=self._customer_id)


def _value(record: Customer, path: str) -> Any:
    value: Any = record
    for name in path.split("."):
        value = getattr(value, name)
    return value
