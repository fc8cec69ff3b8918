"""The port of dispatch: bytes that are spooled go to an envelope; what came of it is one outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tui_billing.domain.runs import RowState
from tui_billing.domain.send_reasons import server_words


class Pace(StrEnum):
    """What the outcome means for the mails that follow."""

    GO_ON = "go_on"
    REST = "rest"
    """The server throttles: rest `rest_seconds`, then go on."""
    STOP = "stop"
    """Wrong password, certificate, sender: stop the run at once."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Addresses as the SMTP envelope has them; `archive` gets the same bytes without standing in a header."""

    sender: str
    recipients: tuple[str, ...]
    archive: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """SENT with the receipt, REFUSED with the server's words, DEFERRED when surely not sent, UNKNOWN else.

    FAILED is ours: the mail could not be built or the folder not be written. `code` is the last SMTP reply, 0 without.
    """

    state: RowState
    reply: str = ""
    code: int = 0
    pace: Pace = Pace.GO_ON
    rest_seconds: int = 0
    server: str = ""

    @property
    def said(self) -> str:
        """Code and words of the reply, as the clerk reads them."""
        return server_words(self.code, self.reply)


class Transport(Protocol):
    """One way to send. Not thread-safe: one instance a thread."""

    name: str

    def send(self, mail: bytes, envelope: Envelope, message_id: str, before_dot: Callable[[], None]) -> Outcome:
        """Send these bytes and only these. `before_dot` is called once, when the next step can deliver the mail;
        where it raises, nothing was sent and the exception goes on. Never raises for what the server does."""
        ...

    def close(self) -> None:
        """End the connection politely; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Lookup:
    """What an archive says of a Message-ID. `found` None: it could not be asked; `detail` says why or where."""

    found: bool | None
    detail: str = ""


class Archive(Protocol):
    """A place that keeps a copy of every mail that was sent."""

    def find(self, message_id: str) -> Lookup:
        """Ask for this Message-ID. Never raises for what the server does."""
        ...
