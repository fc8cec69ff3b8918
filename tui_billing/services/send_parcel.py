"""What goes through a sending: a spooled mail on its way, one that is held back, and the rows that may go at all."""

from collections.abc import Callable
from dataclasses import dataclass

from tui_billing.dispatch.port import Envelope
from tui_billing.domain.mail_jobs import MailJob
from tui_billing.domain.messages import Problem
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.store.repositories import Transaction

StillAllowed = Callable[[Transaction, MailJob], Problem | None]

SENDABLE = frozenset({RowState.OPEN, RowState.RENDERED, RowState.DEFERRED, RowState.FAILED, RowState.REFUSED})
"""States from which a row or a dispatch may be set in flight (E9); never in flight, ungeklärt or versendet."""


class NotAllowed(Exception):
    """The last check before the dot said no: nothing was sent."""

    def __init__(self, problem: Problem, *, failed: bool = False) -> None:
        super().__init__(problem.code)
        self.problem, self.failed = problem, failed


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A mail that is not sent now. `failed`: by our own fault (Fehler), else its rows stay as they are."""

    job: MailJob
    problem: Problem
    failed: bool = False
    dispatch: Dispatch | None = None


@dataclass(slots=True)
class Parcel:
    """One spooled mail on its way; `dispatch` is the record as this process last wrote it,
    `number` that of its last document.

    `again`: the clerk sends an ungeklärte mail once more. Whatever comes of that, short of a receipt, the first one
    may have arrived, and so it stays ungeklärt.
    """

    job: MailJob
    dispatch: Dispatch
    mail: bytes
    envelope: Envelope
    number: str = ""
    tries: int = 0
    again: bool = False
