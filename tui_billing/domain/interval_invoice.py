"""One interval invoice from an order: its lines, texts and periods (rules C4.9, C7, C9, B12). Pure; draws no number.

The execution date does not come in here: it is never printed (C3.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tui_billing.domain.documents import Line, VatCategory
from tui_billing.domain.interval_prices import Priced, price_line
from tui_billing.domain.interval_schedule import BillingPeriod
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import Order, OrderLine
from tui_billing.domain.placeholders import contains, fill, period_values
from tui_billing.domain.vat_rates import adjusted_rate

TEXT_KEY = "Abrechnungszeitraum"


@dataclass(frozen=True, slots=True)
class InvoiceParts:
    """What an order gives to a document: lines without nets, filled texts, the Leistungszeitraum (ends inclusive)."""

    lines: tuple[Line, ...]
    header_text: str
    footer_text: str
    period_from: date | None
    period_to: date | None
    unknown: tuple[str, ...] = ()
    prints_text: bool = False

    @property
    def text(self) -> str:
        """The text column of the grid: the first position's name as it will be printed, else the header text."""
        name = next((line.name for line in self.lines if line.name.strip()), "")
        return name or self.header_text


class _Texts:
    """Fills the texts of one document and collects what is not known."""

    def __init__(self, billing_period_text: str, language: str) -> None:
        self.text, self.language = billing_period_text, language
        self.unknown: dict[str, None] = {}
        self._values: dict[tuple[date | None, date | None], dict[str, str]] = {}

    def values(self, first: date | None, last: date | None) -> dict[str, str]:
        """The placeholders of one period; without a typed text {Abrechnungszeitraum} is the period itself."""
        if (first, last) not in self._values:
            values = period_values(first, last, self.text, self.language)
            values[TEXT_KEY] = values[TEXT_KEY] or values["Leistungszeitraum"]
            self._values[first, last] = values
        return self._values[first, last]

    def fill(self, text: str, first: date | None, last: date | None) -> str:
        """One literal pass (C7.10)."""
        if "{" not in text and "}" not in text:
            return text
        filled, unknown = fill(text, self.values(first, last))
        self.unknown.update(dict.fromkeys(unknown))
        return filled


def interval_parts(
    order: Order, periods: Sequence[BillingPeriod], billing_period_text: str = "", language: str = "de"
) -> InvoiceParts:
    """The parts of one invoice over these periods, oldest first; several periods give each line once per period."""
    texts = _Texts(billing_period_text, language)
    first, last = periods[0].start, periods[-1].end
    lines = [
        _printed(line, price_line(line, p, order.interval), texts, (p.start, p.end), own_period=len(periods) > 1)
        for p in periods
        for line in order.lines
    ]
    return _parts(order, tuple(lines), texts, first, last)


def once_parts(order: Order, first: date | None, last: date | None, language: str = "de") -> InvoiceParts:
    """An order billed once by hand; the texts know the Leistungszeitraum where one is given."""
    texts = _Texts("", language)
    lines = tuple(_printed(line, price_line(line, None, None), texts, (first, last or first)) for line in order.lines)
    return _parts(order, lines, texts, first, last)


def _parts(order: Order, lines: tuple[Line, ...], texts: _Texts, first: date | None, last: date | None) -> InvoiceParts:
    header, footer = texts.fill(order.header_text, first, last), texts.fill(order.footer_text, first, last)
    return InvoiceParts(lines, header, footer, first, last, tuple(texts.unknown), prints_text(order))


def _printed(
    line: OrderLine, priced: Priced, texts: _Texts, period: tuple[date | None, date | None], own_period: bool = False
) -> Line:
    """One printed position; its rate is that of the day on which the supply is completed (B12)."""
    first, last = period
    description = texts.fill(line.description, first, last)
    rate = line.vat_rate
    if last is not None and line.vat_category is VatCategory.STANDARD:
        rate = adjusted_rate(rate, last)
    return Line(
        article=line.article,
        name=texts.fill(line.name, first, last),
        description=f"{description}\n{priced.note}".strip() if priced.note else description,
        quantity=priced.quantity,
        unit=priced.unit,
        unit_price=priced.unit_price,
        price_unit=priced.price_unit,
        discount_percent=line.discount_percent,
        vat_category=line.vat_category,
        vat_rate=rate,
        service_from=first if own_period else None,
        service_to=last if own_period else None,
    )


def prints_text(order: Order) -> bool:
    """Whether a placeholder {Abrechnungszeitraum} stands in the header text or in a position."""
    texts = [order.header_text, order.footer_text]
    for line in order.lines:
        texts += (line.name, line.description)
    return any("{" in text and contains(text, TEXT_KEY) for text in texts)


def row_warnings(
    parts: InvoiceParts, billing_period_text: str, *, different_periods: bool, is_zero: bool
) -> list[Problem]:
    """What the clerk should see on this row before Erstellen; none of it blocks the row."""
    problems: list[Problem] = []
    if billing_period_text and parts.prints_text and different_periods:
        problems.append(
            _warn(
                "TEXT_BEI_VERSCHIEDENEN_ZEITRAEUMEN",
                N_("Abrechnungszeitraum „{text}“ wird gedruckt, die Zeilen haben aber verschiedene Zeiträume"),
                text=billing_period_text,
            )
        )
    if billing_period_text and not parts.prints_text:
        problems.append(
            _warn(
                "TEXT_OHNE_PLATZHALTER",
                N_("Abrechnungszeitraum wird nicht gedruckt: kein {Abrechnungszeitraum} in Kopftext oder Bezeichnung"),
            )
        )
    if not billing_period_text and parts.prints_text:
        problems.append(
            _warn(
                "PLATZHALTER_OHNE_TEXT", N_("kein Abrechnungszeitraum eingegeben: gedruckt wird der Zeitraum der Zeile")
            )
        )
    if parts.unknown:
        problems.append(
            _warn(
                "PLATZHALTER_UNBEKANNT",
                N_("unbekannter Platzhalter bleibt stehen: {names}"),
                names=", ".join(f"{{{name}}}" for name in parts.unknown),
            )
        )
    if is_zero:
        problems.append(_warn("NICHTS_ZU_BERECHNEN", N_("nichts zu berechnen: der Betrag ist 0,00")))
    return problems


def _warn(code: str, message: str, /, **params: str) -> Problem:
    return Problem(code, message, params, warning=True)
