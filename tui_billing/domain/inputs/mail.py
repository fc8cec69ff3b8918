"""Mail addresses (rule E3), checked without DNS; internationalised domains by IDNA 2008, not by the std codec."""

from tui_billing.domain.inputs.common import Read, refused
from tui_billing.domain.messages import N_, Problem

_NOT_ON_THE_INTERNET = (".local", ".localhost", ".invalid", ".test", ".internal")


def parse_email(text: str) -> Read[str]:
    """One address with its domain in lower case; no display name, no list, ASCII before the @."""
    from email_validator import EmailNotValidError, validate_email

    typed = text.strip()
    if not typed:
        return refused("EMAIL_FEHLT", N_("Bitte eine E-Mail-Adresse eingeben."), text)
    if typed.count("@") == 1 and not typed.partition("@")[0].isascii():
        return refused(
            "EMAIL_UMLAUT",
            N_("„{typed}“: Vor dem @ sind nur Buchstaben ohne Umlaute, Ziffern und Zeichen wie . - _ möglich."),
            text,
        )
    ending = next((e for e in _NOT_ON_THE_INTERNET if typed.lower().endswith(e)), "")
    checked = typed[: -len(ending)] + ".de" if ending else typed
    try:
        found = validate_email(checked, check_deliverability=False, allow_smtputf8=False, strict=True).normalized
    except EmailNotValidError:
        return refused("EMAIL_UNGUELTIG", N_("„{typed}“ ist keine gültige E-Mail-Adresse."), text)
    if not ending:
        return found, []
    address = found.removesuffix(".de") + ending
    warning = N_("{address} ist im Internet nicht erreichbar, nur im eigenen Netz.")
    return address, [Problem("EMAIL_NUR_INTERN", warning, {"address": address}, warning=True)]


def ascii_address(address: str) -> str:
    """A checked address as it goes into SMTP and headers: the domain as xn-- where it has umlauts."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    import idna

    return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
