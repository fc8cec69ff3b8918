"""The connections of a sending: a thread each, with a transport of its own, fed from one queue."""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tui_billing.dispatch.port import Outcome, Transport
from tui_billing.services.send_book import Book
from tui_billing.services.send_parcel import KeptBack, NotAllowed, Parcel

IDLE_SECONDS = 0.05
"""A lane without a mail for so long writes the outcomes that wait; before, the next mail's commit takes them along."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one parcel: an outcome, or why it was kept back, or an error of this machine."""

    parcel: Parcel
    outcome: Outcome | None = None
    kept: KeptBack | None = None
    error: BaseException | None = None


class Lanes:
    """At most `limit` threads; `outstanding` counts the parcels that have been handed over and not come back."""

    def __init__(self, book: Book, transport: Callable[[], Transport], limit: int) -> None:
        self.book, self.transport, self.limit = book, transport, max(1, limit)
        self.outstanding = 0
        self._inbox: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._broken = threading.Event()

    def hand_over(self, parcel: Parcel) -> None:
        """Queue a parcel; a further connection is opened only when all others are busy."""
        self.outstanding += 1
        self._inbox.put(parcel)
        if len(self._threads) < min(self.limit, self.outstanding):
            thread = threading.Thread(target=self._lane, name=f"mail-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def next_result(self, timeout: float) -> Result | None:
        """The next result, or None where there is none within `timeout` seconds."""
        try:
            result = self._results.get(timeout=timeout)
        except queue.Empty:
            return None
        self.outstanding -= 1
        return result

    def take_back(self) -> list[Parcel]:
        """What is queued and not begun, in order."""
        back: list[Parcel] = []
        while True:
            try:
                parcel = self._inbox.get_nowait()
            except queue.Empty:
                self.outstanding -= len(back)
                return back
            if parcel is not None:
                back.append(parcel)

    def close(self) -> None:
        """Let every connection finish its mail and part politely."""
        self.take_back()
        for _ in self._threads:
            self._inbox.put(None)
        for thread in self._threads:
            thread.join()

    def _lane(self) -> None:
        transport: Transport | None = None
        try:
            while (parcel := self._next()) is not None:
                try:
                    transport = transport or self.transport()
                    result = self._send(transport, parcel)
                except BaseException as error:  # handed to the caller's thread, which ends the sending
                    self._broken.set()
                    result = Result(parcel, error=error)
                self._results.put(result)
        finally:
            if transport is not None:
                transport.close()

    def _next(self) -> Parcel | None:
        """The next parcel; outcomes are written before this lane goes idle. None once something broke."""
        try:
            parcel = self._inbox.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            with contextlib.suppress(Exception):  # the sending's own thread flushes again when it ends, and raises
                self.book.flush()
            parcel = self._inbox.get()
        return None if self._broken.is_set() else parcel

    def _send(self, transport: Transport, parcel: Parcel) -> Result:
        try:
            outcome = transport.send(
                parcel.mail, parcel.envelope, parcel.dispatch.message_id, lambda: self.book.claim(parcel)
            )
        except NotAllowed as refusal:
            return Result(parcel, kept=KeptBack(parcel.job, refusal.problem, refusal.failed, parcel.dispatch))
        self.book.note(parcel, outcome)
        return Result(parcel, outcome=outcome)
