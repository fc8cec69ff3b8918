"""Term, renewal and notice of a contract (rules C5.5, C5.6). Ends are inclusive."""

from datetime import date, timedelta

from tui_billing.domain.month_steps import add_months
from tui_billing.domain.orders import IntervalTerms


def latest_notice_day(end: date, months: int) -> date:
    """The last day d with d + months <= end: counted forward, as §§ 187, 188 BGB do.

    The end minus the months would be up to three days too early (30.12. instead of 31.12. for six months to 30.06.).
    """
    day = add_months(end, -months)
    while add_months(day + timedelta(days=1), months) <= end:
        day += timedelta(days=1)
    return day


def term_end(terms: IntervalTerms, renewals: int) -> date | None:
    """The last day of the term after so many renewals, counted from the day after the first term's end."""
    if terms.end is None:
        return None
    return add_months(terms.end + timedelta(days=1), renewals * terms.renew_months) - timedelta(days=1)


def effective_end(terms: IntervalTerms) -> date | None:
    """The last day of the contract, or None while it runs on.

    Without renewal the agreed end holds; with it the contract runs on until notice is received, and ends with the
    first term whose notice day was not missed. Open-ended contracts end when the notice period is over.
    """
    if terms.end is None:
        return None if terms.notice_received is None else add_months(terms.notice_received, terms.notice_months)
    if terms.renew_months <= 0:
        return terms.end
    if terms.notice_received is None:
        return None
    return _end_after_notice(terms, terms.notice_received)


def _end_after_notice(terms: IntervalTerms, received: date) -> date:
    assert terms.end is not None
    missed = (received.year - terms.end.year) * 12 + received.month - terms.end.month - 1
    renewals = max(0, missed // terms.renew_months)
    while True:
        end = term_end(terms, renewals)
        assert end is not None
        if latest_notice_day(end, terms.notice_months) >= received or end.year >= 9998:
            return end
        renewals += 1
