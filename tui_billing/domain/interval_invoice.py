"""One interval invoice from an order: its lines, texts and periods (rules C4.9, C7, C9, B12). Pure; draws no number.

The execution date does not come in here: it is never printed (C3.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tui_billing.domain.documents import Line, VatCategory
from tui_billing.domain.interval_prices import price_line
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

    def values(self, first: date, last: date) -> dict[str, str]:
        return period_values(first, last, self.text, self.language)

    def fill(self, text: str, values: dict[str, str]) -> str:
        if "{" not in text and "}" not in text:
            return text
        filled, unknown = fill(text, values)
        self.unknown.update(dict.fromkeys(unknown))
        return filled


def interval_parts(
    order: Order, periods: Sequence[BillingPeriod], billing_period_text: str = "", language: str = "de"
) -> InvoiceParts:
    """The parts of one invoice over these periods, oldest first; several periods give each line once per period."""
    texts = _Texts(billing_period_text, language)
    first, last = periods[0].start, periods[-1].end
    several = len(periods) > 1
    lines = [_line(order, line, p, texts, several) for p in periods for line in order.lines]
    whole = texts.values(first, last)
    return InvoiceParts(
        lines=tuple(lines),
        header_text=texts.fill(order.header_text, whole),
        footer_text=texts.fill(order.footer_text, whole),
        period_from=first,
        period_to=last,
        unknown=tuple(texts.unknown),
        prints_text=prints_text(order),
    )


def once_parts(order: Order, first: date | None, last: date | None, language: str = "de") -> InvoiceParts:
    """An order without interval billed once; the texts know the service period where one is given."""
    texts = _Texts("", language)
    values = texts.values(first, last) if first is not None and last is not None else {}
    end = last or first
    lines = tuple(_line_for(order, line, None, end, texts, values) for line in order.lines)
    header, footer = texts.fill(order.header_text, values), texts.fill(order.footer_text, values)
    return InvoiceParts(lines, header, footer, first, last, tuple(texts.unknown), prints_text(order))


def _line(order: Order, line: OrderLine, period: BillingPeriod, texts: _Texts, own_period: bool) -> Line:
    return _line_for(order, line, period, period.end, texts, texts.values(period.start, period.end), own_period)


def _line_for(
    order: Order,
    line: OrderLine,
    period: BillingPeriod | None,
    supply_end: date | None,
    texts: _Texts,
    values: dict[str, str],
    own_period: bool = False,
) -> Line:
    """One printed position; its rate is that of the day on which the supply is completed (B12)."""
    priced = price_line(line, period, order.interval)
    description = texts.fill(line.description, values)
    rate = line.vat_rate
    if supply_end is not None and line.vat_category is VatCategory.STANDARD:
        rate = adjusted_rate(rate, supply_end)
    return Line(
        article=line.article,
        name=texts.fill(line.name, values),
        description=f"{description}\n{priced.note}".strip() if priced.note else description,
        quantity=priced.quantity,
        unit=priced.unit,
        unit_price=priced.unit_price,
        price_unit=priced.price_unit,
        discount_percent=line.discount_percent,
        vat_category=line.vat_category,
        vat_rate=rate,
        service_from=period.start if period is not None and own_period else None,
        service_to=period.end if period is not None and own_period else None,
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


def _warn(code: str, text: str, **params: str) -> Problem:
    return Problem(code, text, params, warning=True)
