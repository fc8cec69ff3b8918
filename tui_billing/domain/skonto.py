"""Skonto (rule B8): its amount, the tax relief per rate when it is taken, and the XRechnung line."""

from dataclasses import dataclass
from decimal import Decimal

from tui_billing.domain.documents import Totals, VatCategory
from tui_billing.domain.money import percent_of, split
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.totals import net_of_gross


@dataclass(frozen=True, slots=True)
class SkontoRow:
    """The part of one VAT group: gross = net + tax, signed like the document."""

    category: VatCategory
    rate: Decimal
    gross: Decimal
    net: Decimal
    tax: Decimal

    def __add__(self, other: "SkontoRow") -> "SkontoRow":
        """Both of one VAT group together."""
        sums = (self.gross + other.gross, self.net + other.net, self.tax + other.tax)
        return SkontoRow(self.category, self.rate, *sums)


def skonto_amount(gross: Decimal, percent: Decimal) -> Decimal:
    """What may be kept back of a gross amount."""
    return percent_of(gross, percent)


def skonto_rows(totals: Totals, amount: Decimal) -> list[SkontoRow]:
    """The Skonto amount over the VAT groups by gross, with the net and tax that it takes back (§ 17 UStG)."""
    parts = split(amount, [row.net + row.tax for row in totals.vat])
    rows = []
    for row, part in zip(totals.vat, parts, strict=True):
        net = net_of_gross(part, row.rate)
        rows.append(SkontoRow(row.category, row.rate, part, net, part - net))
    return rows


def xrechnung_line(terms: PaymentTerms) -> str:
    """#SKONTO#TAGE=14#PROZENT=2.00# with its line feed (BR-DE-18), empty where no Skonto is granted."""
    if terms.skonto_percent <= 0:
        return ""
    return f"#SKONTO#TAGE={terms.skonto_days}#PROZENT={terms.skonto_percent:.2f}#\n"
