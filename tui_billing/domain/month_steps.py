"""Months counted forward and backward: the same day, or the month's last day where it does not exist (§ 188(3) BGB)."""

from datetime import date

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_length(year: int, month: int) -> int:
    """Days of a month."""
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _LENGTHS[month - 1] + leap


def add_months(day: date, months: int) -> date:
    """So many months on; held within the years 1-9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > 9999:
        return date.max
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, month_length(year, month + 1)))


def last_of_month(day: date) -> date:
    """The last day of this day's month."""
    return day.replace(day=month_length(day.year, day.month))
