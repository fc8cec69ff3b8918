"""Options for the fields of company and customer: one table each, so that show, add and edit agree."""

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tui_billing.commands.arguments import amount, checked, day
from tui_billing.domain.countries import country_code
from tui_billing.domain.messages import N_
from tui_billing.domain.parties import TERM_DAYS_MAX, TERM_MONTHS_MAX, Channel, InvoiceFormat
from tui_billing.i18n import _

SWITCH = "switch"
Kind = Callable[[str], Any] | str | type


def percent(text: str) -> Decimal:
    """A percentage up to 100 (F5)."""
    from tui_billing.domain.inputs import parse_percent

    return checked(lambda typed: parse_percent(typed, Decimal(100)))(text)  # type: ignore[no-any-return]


def cutoff_day(text: str) -> int | None:
    """A Stichtag from 1 to 31; `none` takes it away."""
    from tui_billing.domain.inputs import parse_cutoff_day

    return None if text.lower() in ("none", "-", "") else checked(parse_cutoff_day)(text)


def channel(text: str) -> Channel | None:
    """email, letter or none."""
    words = {"email": Channel.EMAIL, "letter": Channel.LETTER, "brief": Channel.LETTER, "none": None, "": None}
    if text.lower() not in words:
        raise ArgumentTypeError(_("%(value)r gibt es nicht; möglich: email, letter, none") % {"value": text})
    return words[text.lower()]


def country(text: str) -> str:
    """An ISO 3166 code, from a code or a name."""
    code = country_code(text)
    if code is None:
        raise ArgumentTypeError(_("„{text}“ ist kein Land; etwa DE, AT oder CH").format(text=text))
    return code


def language(text: str) -> str:
    """de or en: what documents and mails can be written in."""
    if text.lower() not in ("de", "en"):
        possible = {"value": text, "choices": "de, en"}
        raise ArgumentTypeError(_("%(value)r gibt es nicht; möglich: %(choices)s") % possible)
    return text.lower()


def term_days(text: str) -> int:
    """A payment term in days."""
    return _whole(text, TERM_DAYS_MAX)


def term_months(text: str) -> int:
    """A payment term in months."""
    return _whole(text, TERM_MONTHS_MAX)


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or int(text) > most:
        raise ArgumentTypeError(_("„{text}“ ist keine ganze Zahl von 0 bis {most}").format(text=text, most=most))
    return int(text)


def optional_amount(text: str) -> Decimal | None:
    """An amount; `none` takes it away."""
    return None if text.lower() in ("none", "-", "") else amount(text)


ADDRESS: dict[str, Kind] = {
    "address.street": str,
    "address.extra": str,
    "address.po_box": str,
    "address.postcode": str,
    "address.city": str,
    "address.country": country,
    "address.bulk_postcode": SWITCH,
}
COMPANY: dict[str, Kind] = {
    "name": str,
    **ADDRESS,
    "tax_number": str,
    "vat_id": str,
    "creditor_id": str,
    "iban": str,
    "bic": str,
    "bank_name": str,
    "email": str,
    "phone": str,
    "website": str,
    "contact_person": str,
    "register_entry": str,
    "managing_directors": str,
    "small_business": SWITCH,
    "cash_accounting": SWITCH,
    "previous_year_turnover": optional_amount,
    "consumer_mail_warn_above": optional_amount,
}
CUSTOMER: dict[str, Kind] = {
    "number": str,
    "name": str,
    "name2": str,
    "contact_person": str,
    **ADDRESS,
    "language": language,
    "is_business": SWITCH,
    "emails": str,
    "channel": channel,
    "terms.days": term_days,
    "terms.months": term_months,
    "terms.skonto_percent": percent,
    "terms.skonto_days": term_days,
    "terms.direct_debit": SWITCH,
    "cutoff_day": cutoff_day,
    "vat_id": str,
    "registration_id": str,
    "leitweg_id": str,
    "invoice_format": InvoiceFormat,
    "iban": str,
    "mandate_reference": str,
    "mandate_date": day,
    "note": str,
}
LABELS: dict[str, str] = {
    "number": N_("Kundennummer"),
    "name": N_("Name"),
    "name2": N_("Name, zweite Zeile"),
    "contact_person": N_("Ansprechpartner"),
    "address.street": N_("Straße"),
    "address.extra": N_("Adresszusatz"),
    "address.po_box": N_("Postfach"),
    "address.postcode": N_("PLZ"),
    "address.city": N_("Ort"),
    "address.country": N_("Land, ein Kürzel wie DE oder AT"),
    "address.bulk_postcode": N_("Großempfänger mit eigener PLZ, ohne Straße"),
    "language": N_("Sprache der Belege: de oder en"),
    "is_business": N_("Unternehmen; sonst Verbraucher"),
    "emails": N_("E-Mail-Adresse; mehrfach oder mit Komma: eine Mail an alle"),
    "channel": N_("Versandart Abrechnung: email, letter oder none"),
    "terms.days": N_("Zahlungsziel in Tagen"),
    "terms.months": N_("Zahlungsziel in Monaten"),
    "terms.skonto_percent": N_("Skonto in Prozent"),
    "terms.skonto_days": N_("Skonto-Frist in Tagen"),
    "terms.direct_debit": N_("Lastschrifteinzug"),
    "cutoff_day": N_("Rechnungsstapel-Stichtag von 1 bis 31, oder none"),
    "vat_id": N_("USt-IdNr."),
    "registration_id": N_("Registernummer, wenn der Kunde keine USt-IdNr. hat (§ 13b)"),
    "leitweg_id": N_("Leitweg-ID"),
    "invoice_format": N_("Rechnungsformat"),
    "iban": N_("IBAN"),
    "mandate_reference": N_("Mandatsreferenz"),
    "mandate_date": N_("Mandat vom"),
    "note": N_("Notiz"),
    "tax_number": N_("Steuernummer"),
    "creditor_id": N_("Gläubiger-ID"),
    "bic": N_("BIC"),
    "bank_name": N_("Name der Bank"),
    "email": N_("E-Mail"),
    "phone": N_("Telefon"),
    "website": N_("Internet"),
    "register_entry": N_("Registereintrag"),
    "managing_directors": N_("Geschäftsführung"),
    "small_business": N_("Kleinunternehmer § 19 UStG"),
    "cash_accounting": N_("Ist-Versteuerung"),
    "previous_year_turnover": N_("Umsatz im Vorjahr, oder none"),
    "consumer_mail_warn_above": N_("Warnen: Verbraucher-Mail über diesem Betrag, oder none"),
}
ALIASES = {"emails": ("--email",), "is_business": ("--business",), "invoice_format": ("--format",)}


def add_fields(parser: ArgumentParser, fields: Mapping[str, Kind], without: tuple[str, ...] = ()) -> None:
    """One option per field: `address.po_box` is --po-box, `terms.days` is --terms-days; switches also as --no-…"""
    for name, kind in fields.items():
        if name in without:
            continue
        options = [*ALIASES.get(name, ()), "--" + option(name)]
        common: dict[str, Any] = {
            "dest": "field_" + name.replace(".", "__"),
            "default": None,
            "help": _(LABELS.get(name, "")),
        }
        if kind == SWITCH:
            parser.add_argument(*options, **common, action=BooleanOptionalAction)
        elif name == "emails":
            parser.add_argument(*options, **common, action="append", metavar=_("ADRESSE"))
        elif kind is InvoiceFormat:
            parser.add_argument(*options, **common, choices=[f.value for f in InvoiceFormat])
        else:
            parser.add_argument(*options, **common, type=_typed(kind), metavar=_("WERT"))


def _typed(kind: Kind) -> Callable[[str], Any]:
    """Texts stay texts; a converter's None must not look like `not given`."""
    assert callable(kind)
    if kind in (str, day, country, language, percent, term_days, term_months):
        return kind

    def wrapped(text: str) -> Any:
        return (kind(text),)

    return wrapped


def option(name: str) -> str:
    """The option of a field."""
    return name.removeprefix("address.").replace(".", "-").replace("_", "-")


def given(args: Namespace) -> dict[str, Any]:
    """Field -> value for what stands on the command line."""
    values: dict[str, Any] = {}
    for dest, value in vars(args).items():
        if not dest.startswith("field_") or value is None:
            continue
        name = dest.removeprefix("field_").replace("__", ".")
        if isinstance(value, tuple):
            value = value[0]
        elif name == "emails":
            value = tuple(part.strip() for text in value for part in text.split(",") if part.strip())
        elif name == "invoice_format":
            value = InvoiceFormat(value)
        values[name] = value
    return values
