"""DateInput: a date as clerks type it (`1.3.`, `010326`, `h`, `+1m`, `ultimo`), with the day understood beside it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from tui_billing.domain.inputs import parse_date
from tui_billing.domain.messages import N_, Problem
from tui_billing.i18n import _
from tui_billing.screens import show
from tui_billing.screens.widgets.field import Field, Parse, TextField

WEEKDAYS = (N_("Mo"), N_("Di"), N_("Mi"), N_("Do"), N_("Fr"), N_("Sa"), N_("So"))


def date_parser(today: Callable[[], date], *, optional: bool = False) -> Parse:
    """Reads by rule F1; nothing typed is None where the date is optional."""

    def parse(text: str) -> tuple[Any, list[Problem]]:
        if optional and not text.strip():
            return None, []
        return parse_date(text, today())

    return parse


def date_echo(value: date) -> str:
    """So 01.03.2026."""
    return f"{_(WEEKDAYS[value.weekday()])} {show.day(value)}"


def date_field(
    name: str, label: str, today: Callable[[], date], *, optional: bool = False, hint: str = "", heading: str = ""
) -> Field:
    """A field for a date."""
    return Field(
        name,
        label,
        parse=date_parser(today, optional=optional),
        show=show.day,
        echo=date_echo,
        hint=hint,
        width=12,
        heading=heading,
        kind="date",
    )


class DateInput(TextField):
    """A TextField whose text becomes the understood date when the field is left."""

    def on_blur(self) -> None:
        """`1.3.` turns into 01.03.2026, so that what stands there is what is stored."""
        value, problems = self.read()
        if self.is_dirty and value is not None and not problems:
            self.text = self.spec.show(value)
            self.cursor = len(self.text)
            self.refresh()
