"""IBAN, tax ids, creditor id, Leitweg-ID and Stichtag (rules F3, F4). The libraries are imported on first use."""

import re

from tui_billing.domain.inputs.common import Read, refused
from tui_billing.domain.messages import N_

_PLAIN = re.compile(r"[A-Z0-9]+")
_BLANKS = re.compile("[ \u00a0\u202f\t]+")


def _compact(text: str) -> str:
    return _BLANKS.sub("", text.strip()).upper()


def parse_iban(text: str) -> Read[str]:
    """An IBAN without blanks in capitals, its length, structure and check digits right."""
    typed = _compact(text)
    if not typed:
        return refused("IBAN_FEHLT", N_("Bitte eine IBAN eingeben."), text)
    if not _PLAIN.fullmatch(typed):
        return refused("IBAN_UNGUELTIG", N_("„{typed}“: Eine IBAN besteht aus Buchstaben und Ziffern."), text)
    from schwifty import IBAN, exceptions

    try:
        return str(IBAN(typed).compact), []
    except exceptions.InvalidLength:
        return refused("IBAN_LAENGE", N_("„{typed}“: Die IBAN hat die falsche Länge."), text)
    except exceptions.InvalidChecksumDigits:
        return refused("IBAN_PRUEFZIFFER", N_("„{typed}“: Die Prüfziffer der IBAN stimmt nicht."), text)
    except exceptions.InvalidCountryCode:
        return refused("IBAN_LAND", N_("„{typed}“ beginnt mit keinem Land, das eine IBAN hat."), text)
    except exceptions.SchwiftyException:
        return refused("IBAN_UNGUELTIG", N_("„{typed}“ ist keine gültige IBAN."), text)


def parse_vat_id(text: str) -> Read[str]:
    """A VAT id of the EU, XI, GB or Switzerland with its country code (Greece: EL); check digits are tested offline."""
    typed = re.sub(r"[.\-/]", "", _compact(text))
    if not typed:
        return refused("USTID_FEHLT", N_("Bitte eine USt-IdNr. eingeben."), text)
    if not _PLAIN.fullmatch(typed) or not typed[:2].isalpha():
        return refused(
            "USTID_UNGUELTIG", N_("„{typed}“: Die USt-IdNr. beginnt mit dem Land, zum Beispiel DE123456789."), text
        )
    if typed.startswith("CHE"):
        return _checked(text, typed, "stdnum.ch.vat")
    if typed.startswith(("XI", "GB")):
        return _checked(text, typed, "stdnum.gb.vat")
    return _checked(text, typed, "stdnum.eu.vat")


def _checked(text: str, typed: str, module: str) -> Read[str]:
    from importlib import import_module

    from stdnum import exceptions

    try:
        found = import_module(module).validate(typed)
    except exceptions.InvalidChecksum:
        return refused("USTID_PRUEFZIFFER", N_("„{typed}“: Die Prüfziffer der USt-IdNr. stimmt nicht."), text)
    except exceptions.InvalidLength:
        return refused("USTID_LAENGE", N_("„{typed}“: Die USt-IdNr. hat die falsche Länge."), text)
    except exceptions.ValidationError:
        return refused("USTID_UNGUELTIG", N_("„{typed}“ ist keine gültige USt-IdNr."), text)
    if typed.startswith(("XI", "GB")):
        return typed, []
    return ("EL" + typed[2:] if typed.startswith("GR") else str(found)), []


def parse_creditor_id(text: str) -> Read[str]:
    """A SEPA creditor id (Gläubiger-ID) with right check digits; the business code in the middle does not count."""
    typed = _compact(text)
    if not typed:
        return refused("GLAEUBIGER_ID_FEHLT", N_("Bitte eine Gläubiger-ID eingeben."), text)
    from stdnum import exceptions
    from stdnum.eu import at_02

    if not _PLAIN.fullmatch(typed) or (typed.startswith("DE") and len(typed) != 18):
        return refused(
            "GLAEUBIGER_ID_UNGUELTIG",
            N_("„{typed}“: Eine deutsche Gläubiger-ID hat 18 Zeichen, zum Beispiel DE98ZZZ09999999999."),
            text,
        )
    try:
        return str(at_02.validate(typed)), []
    except exceptions.InvalidChecksum:
        return refused(
            "GLAEUBIGER_ID_PRUEFZIFFER", N_("„{typed}“: Die Prüfziffer der Gläubiger-ID stimmt nicht."), text
        )
    except exceptions.ValidationError:
        return refused("GLAEUBIGER_ID_UNGUELTIG", N_("„{typed}“ ist keine gültige Gläubiger-ID."), text)


def parse_leitweg_id(text: str) -> Read[str]:
    """A Leitweg-ID as printed, with hyphens; its check digits are tested."""
    typed = _compact(text)
    if not typed:
        return refused("LEITWEG_ID_FEHLT", N_("Bitte eine Leitweg-ID eingeben."), text)
    from stdnum import exceptions
    from stdnum.de import leitweg

    if not typed.isascii():
        return refused("LEITWEG_ID_UNGUELTIG", N_("„{typed}“ ist keine gültige Leitweg-ID."), text)
    try:
        return str(leitweg.validate(typed)), []
    except exceptions.InvalidChecksum:
        return refused("LEITWEG_ID_PRUEFZIFFER", N_("„{typed}“: Die Prüfziffer der Leitweg-ID stimmt nicht."), text)
    except exceptions.ValidationError:
        return refused(
            "LEITWEG_ID_UNGUELTIG", N_("„{typed}“ ist keine gültige Leitweg-ID, Beispiel: 991-33333TEST-33."), text
        )


def parse_cutoff_day(text: str) -> Read[int]:
    """Rechnungsstapel-Stichtag: a day of the month from 1 to 31, nothing for none, ultimo for 31."""
    typed = text.strip().lower().removesuffix(".")
    if not typed:
        return None, []
    if typed == "ultimo":
        return 31, []
    if re.fullmatch("[0-9]{1,2}", typed) and 1 <= int(typed) <= 31:
        return int(typed), []
    return refused("STICHTAG_UNGUELTIG", N_("„{typed}“: Der Stichtag ist ein Tag von 1 bis 31 oder leer."), text)
