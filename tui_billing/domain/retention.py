"""How long documents are kept (rule A10): whole calendar years after the year in which they were made."""

from datetime import date, timedelta

INVOICE_YEARS = 8
"""§ 147(3) AO, § 14b(1) UStG as of BEG IV, also for documents from before."""


def retention_end(invoice_date: date, years: int = INVOICE_YEARS) -> date:
    """The last day of the retention: 31.12. of the eighth year after."""
    return date(invoice_date.year + years, 12, 31)


def may_be_deleted_from(invoice_date: date, years: int = INVOICE_YEARS) -> date:
    """The first day on which the document may go."""
    return retention_end(invoice_date, years) + timedelta(days=1)
