"""What a use case may end with besides its result, and how each is said to the clerk.

Commands and screens catch these here; they never look into the store.
"""

from tui_billing.domain.messages import N_, Problem, Refused, Term
from tui_billing.domain.os_words import os_words
from tui_billing.store.engine import Busy, Damaged, NotUnique, ReadOnly, Stale, StoreError

__all__ = ["Busy", "Damaged", "NotUnique", "ReadOnly", "Refused", "Stale", "StoreError", "WrongUse", "problems_of"]


class WrongUse(Refused):
    """The request itself cannot be meant: a record that does not exist, a period that ends before it starts."""


def not_found(noun: str, number: object) -> WrongUse:
    """`noun` is a German message id such as "Rechnung"; `number` what the clerk typed."""
    text = N_("{noun} {number} gibt es nicht. Die Liste zeigt, was es gibt.")
    return WrongUse(Problem("NICHT_GEFUNDEN", text, {"noun": Term(noun), "number": number}, where=str(number)))


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """The sentences for the clerk in whatever a use case raised."""
    if isinstance(error, Refused):
        return error.problems
    if isinstance(error, NotUnique):
        text = N_("{value} gibt es schon; bitte eine andere Nummer oder einen anderen Namen wählen.")
        return (Problem("SCHON_VERGEBEN", text, {"value": error.value}, where=str(error.value)),)
    if isinstance(error, Stale):
        return (_stale(error),)
    if isinstance(error, StoreError):
        return (Problem(error.code, error.text if error.params else str(error), error.params),)
    if isinstance(error, OSError):
        where = str(error.filename or "")
        text = N_("{file}: {message}") if where else N_("Lesen oder Schreiben ging nicht: {message}")
        return (Problem("DATEI", text, {"message": os_words(error), "file": where}, where=where),)
    text = N_("Unerwarteter Fehler: {message}")
    return (Problem("UNERWARTET", text, {"message": f"{type(error).__name__}: {error}"}),)


def _stale(error: Stale) -> Problem:
    """Which record it is, as the clerk knows it."""
    from tui_billing.domain.audit_words import record_number, table_name

    number = record_number(error.theirs or error.mine) or str(error.record_id)
    text = N_("{table} {number} wurde inzwischen gelöscht.")
    if error.theirs is not None:
        text = N_("{table} {number} wurde inzwischen geändert.")
    return Problem(error.code, text, {"table": Term(table_name(error.table)), "number": number}, where=number)
