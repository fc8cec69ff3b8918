"""One execution of a sending: hands mails to the connections, keeps the pace, counts, rests and stops."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tui_billing.dispatch.port import Pace
from tui_billing.domain.mail_jobs import MailJob
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.pacing import Limits, seconds_to_wait
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.domain.send_reasons import outcome_problem
from tui_billing.services import settings
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.send_lanes import Lanes, Result
from tui_billing.services.send_parcel import KeptBack, Parcel
from tui_billing.services.send_spool import Reserved, Spool

AHEAD = 4
"""Mails that are spooled together, and that may wait for each connection, so that none waits for the disk."""
GROUP = 32
"""Mails whose records are reserved in one commit."""
PATIENCE = 0.05
"""Seconds without a result after which outcomes that wait are written: a slow server must not leave them open."""
RESTS_IN_A_ROW = 3
"""After so many rests without a mail in between the run stops; it is executed again later."""
TRIES = 4
"""A mail that is put off because the server asked for a rest is tried so often in one execution."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """Counts of documents, not of mails; they add up to the documents of all jobs.

    `stopped` is None, or the problem that ended the sending before its last mail (password, certificate, throttling).
    """

    sent: int = 0
    refused: int = 0
    failed: int = 0
    deferred: int = 0
    unknown: int = 0
    open: int = 0
    stopped: Problem | None = None
    last: Problem | None = field(default=None, compare=False)
    """What kept the last mail, or what is not known of it; for who sends a single one."""


class Course:
    """One execution: what is still to do, what came back, and whether the server wants a rest."""

    def __init__(
        self,
        desk: Desk,
        jobs: Sequence[MailJob],
        ready: Sequence[Parcel],
        spool: Spool,
        lanes: Lanes,
        stop: Callable[[], bool],
        sleep: Callable[[float], None],
    ) -> None:
        self.desk, self.spool, self.lanes, self.stop, self.sleep = desk, spool, lanes, stop, sleep
        self.jobs = deque(jobs)
        self.ready: deque[Parcel] = deque(ready)
        self.reserved: deque[Reserved] = deque()
        self.total = sum(len(j.document_ids) for j in (*jobs, *(p.job for p in ready)))
        self.counts: dict[RowState, int] = {}
        self.probed = False
        self.rests = 0
        self.rest_seconds = 0
        self.note = ""
        self.stopped: Problem | None = None
        self.last: Problem | None = None
        self.limits = Limits(
            settings.get_int(desk.store, "mail.per_minute"), settings.get_int(desk.store, "mail.per_hour")
        )

    def run(self) -> Generator[Progress, None, SendResult]:
        """Until all is done, or stopped and every connection has finished its mail."""
        while True:
            if self.stopped is not None or self.stop():
                self._recall()
                if not self.lanes.outstanding:
                    break
            else:
                yield from self._feed()
                if not self.lanes.outstanding and not self._has_more():
                    break
            result = self.lanes.next_result(PATIENCE) if self.lanes.outstanding else None
            if result is None:
                self.spool.book.flush()
                continue
            self._take(result)
            yield self._progress()
            if self.rest_seconds and self.stopped is None:
                yield from self._rest()
        return self._result()

    def _feed(self) -> Generator[Progress, None, None]:
        """Hand over as much as the connections and the limits take; the first mail goes alone.

        A wrong password or certificate shows at the first mail, and one attempt harms no account.
        """
        room = self.lanes.limit * (1 + AHEAD) if self.probed else 1
        while self.lanes.outstanding < room and self._has_more():
            if not self.ready:
                self._prepare()
                if not self.ready:
                    yield self._progress()
                    continue
            if wait := self._seconds_to_wait():
                if self.lanes.outstanding:
                    return
                yield from self._pause(wait)
                if self.stop():
                    return
                continue
            parcel = self.ready.popleft()
            parcel.tries += 1
            self.lanes.hand_over(parcel)

    def _has_more(self) -> bool:
        return bool(self.jobs or self.reserved or self.ready)

    def _prepare(self) -> None:
        """A few more mails on disk; records are reserved for a larger group in one commit."""
        if not self.reserved:
            batch = [self.jobs.popleft() for _ in range(min(GROUP, len(self.jobs)))]
            for item in self.spool.reserve(batch):
                if isinstance(item, KeptBack):
                    self._keep_back(item)
                else:
                    self.reserved.append(item)
        group = [self.reserved.popleft() for _ in range(min(AHEAD, len(self.reserved)))]
        for parcel in self.spool.spool(group):
            if isinstance(parcel, KeptBack):
                self._keep_back(parcel)
            else:
                self.ready.append(parcel)

    def _keep_back(self, kept: KeptBack) -> None:
        """A mail that is not sent now: it failed by our own fault, or somebody else was faster."""
        self.note, self.last = kept.problem.where or self.note, kept.problem
        self.spool.book.keep_back(kept)
        self._count(RowState.FAILED if kept.failed else RowState.OPEN, kept.job)

    def _take(self, result: Result) -> None:
        """What came back from a connection."""
        if result.error is not None:
            raise result.error
        if result.kept is not None:
            self._keep_back(result.kept)
            return
        outcome = result.outcome
        assert outcome is not None
        self.probed = True
        self.note = result.parcel.number
        self.last = None
        if outcome.state is RowState.SENT:
            self.rests = 0
        else:
            self.last = outcome_problem(outcome.state, outcome.said, result.parcel.number)
        if outcome.pace is Pace.STOP:
            self._halt(result.parcel, outcome.state, outcome.said)
        elif outcome.pace is Pace.REST:
            self._throttled(result.parcel, outcome.state, outcome.said, outcome.rest_seconds)
        else:
            self._count(outcome.state, result.parcel.job)

    def _halt(self, parcel: Parcel, state: RowState, reply: str) -> None:
        text = N_("Der Versand wurde angehalten: {reply}")
        self.stopped = Problem("VERSAND_ANGEHALTEN", text, {"reply": reply})
        self._count(RowState.OPEN if state is RowState.DEFERRED else state, parcel.job)

    def _throttled(self, parcel: Parcel, state: RowState, reply: str, seconds: int) -> None:
        """The server wants a rest; a mail that it put off is tried again behind it.

        What several connections are told before the rest begins is one rest.
        """
        self.rests += not self.rest_seconds
        if self.rests > RESTS_IN_A_ROW:
            text = N_("Der Mailserver bremst weiter ({reply}); bitte später noch einmal durchführen.")
            self.stopped = Problem("VERSAND_GEBREMST", text, {"reply": reply})
        self.rest_seconds = max(self.rest_seconds, seconds)
        if state is RowState.DEFERRED and parcel.tries < TRIES and self.stopped is None:
            self.ready.appendleft(parcel)
        else:
            self._count(state, parcel.job)

    def _rest(self) -> Generator[Progress, None, None]:
        """Let the other connections finish, write everything, then count down."""
        self._recall()
        while self.lanes.outstanding and self.stopped is None:
            if (result := self.lanes.next_result(PATIENCE)) is not None:
                self._take(result)
                yield self._progress()
        if self.stopped is None:
            yield from self._pause(self.rest_seconds)
        self.rest_seconds = 0

    def _pause(self, seconds: int) -> Generator[Progress, None, None]:
        self.spool.book.flush()
        for left in range(seconds, 0, -1):
            if self.stop():
                return
            yield self._progress(resting=left)
            self.sleep(1)

    def _seconds_to_wait(self) -> int:
        """By the sendings of all processes in the last hour or minute, and what this one has handed over."""
        window = self.limits.window
        if not window:
            return 0
        now = self.desk.now()
        since = (now - window).isoformat(timespec="seconds")
        sent = [
            datetime.fromisoformat(d.in_flight_at)
            for d in self.desk.store.between(Dispatch, "in_flight_at", since, None)
        ]
        return seconds_to_wait([*sent, *[now] * self.lanes.outstanding], self.limits, now)

    def _recall(self) -> None:
        """What is queued and not begun comes back."""
        for parcel in reversed(self.lanes.take_back()):
            parcel.tries -= 1
            self.ready.appendleft(parcel)

    def _count(self, state: RowState, job: MailJob) -> None:
        self.counts[state] = self.counts.get(state, 0) + len(job.document_ids)

    def _progress(self, resting: int = 0) -> Progress:
        count = self.counts
        return Progress(
            done=sum(count.values()),
            total=self.total,
            failed=count.get(RowState.FAILED, 0),
            refused=count.get(RowState.REFUSED, 0),
            unknown=count.get(RowState.UNKNOWN, 0),
            resting_seconds=resting,
            note=self.note,
        )

    def _result(self) -> SendResult:
        for parcel in self.ready:
            if parcel.tries:  # put off by the server, and the rest for it did not come to its end
                self._count(RowState.DEFERRED, parcel.job)
        rest = [*(p.job for p in self.ready), *(r.draft.job for r in self.reserved), *self.jobs]
        if self.stopped is not None:
            for job in rest:
                self.spool.book.keep_back(KeptBack(job, self.stopped))
        count = self.counts
        done = sum(count.values()) - count.get(RowState.OPEN, 0)
        return SendResult(
            sent=count.get(RowState.SENT, 0),
            refused=count.get(RowState.REFUSED, 0),
            failed=count.get(RowState.FAILED, 0),
            deferred=count.get(RowState.DEFERRED, 0),
            unknown=count.get(RowState.UNKNOWN, 0),
            open=self.total - done,
            stopped=self.stopped,
            last=self.stopped or self.last,
        )

    def discard(self) -> None:
        """Take away what was reserved and not tried."""
        self.spool.book.discard([p.dispatch for p in self.ready] + [r.dispatch for r in self.reserved])
