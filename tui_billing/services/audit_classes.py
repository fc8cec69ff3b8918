"""Which record class a table's name stands for, for screens and commands that name tables."""

from typing import Any

from tui_billing.domain.messages import N_, Problem
from tui_billing.services.errors import WrongUse
from tui_billing.store import repositories


def class_of(table: str) -> type[Any]:
    """The first class that is stored in this table. Raises WrongUse where there is no such table."""
    found = repositories.class_of(table)
    if found is not None:
        return found
    raise WrongUse(Problem("TABELLE_UNBEKANNT", N_("Die Tabelle {table} gibt es nicht."), {"table": table}))
