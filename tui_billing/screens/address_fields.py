"""The address part of forms: street, P.O. box, postcode, place, country."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Address
from tui_billing.screens.widgets.field import Field

NAMES = ("street", "extra", "po_box", "postcode", "city", "country")


def read_country(text: str) -> tuple[str | None, list[Problem]]:
    """ISO 3166 alpha-2; nothing typed is Germany."""
    code = text.strip().upper() or "DE"
    if len(code) == 2 and code.isascii() and code.isalpha():
        return code, []
    return None, [Problem("LAND", N_("Das Land ist ein Kürzel aus zwei Buchstaben, zum Beispiel DE, AT, CH, FR."))]


def address_fields(prefix: str) -> tuple[Field, ...]:
    """The fields, prefixed so that they stand beside others of the same name (`address.`)."""
    return (
        Field(f"{prefix}street", N_("Straße"), width=40),
        Field(f"{prefix}extra", N_("Zusatz"), width=40),
        Field(f"{prefix}po_box", N_("Postfach"), width=12),
        Field(f"{prefix}postcode", N_("PLZ"), width=10),
        Field(f"{prefix}city", N_("Ort"), width=40),
        Field(f"{prefix}country", N_("Land"), parse=read_country, width=4, hint=N_("DE, AT, CH …")),
    )


def address_values(address: Address) -> dict[str, Any]:
    """Field name -> value, for the prefix `address.`"""
    return {f"address.{name}": getattr(address, name) for name in NAMES}


def address_of(values: Mapping[str, Any], before: Address) -> Address:
    """The address with the typed values."""
    return replace(before, **{name: values[f"address.{name}"] for name in NAMES})
