"""The renderer: batches of jobs in other processes. Nothing here imports PyMuPDF, which holds the interpreter's lock.

A process that dies or hangs costs the document that it died of, never the run: its batch is tried again alone, then
document by document, and what breaks again is a problem.
"""

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path

from tui_billing.domain.messages import N_, Problem
from tui_billing.render import worker
from tui_billing.render.port import Job, Letterhead, Rendered, StatementJob
from tui_billing.render.worker import Order, Outcome, Span

SMALLEST_BATCH, LARGEST_BATCH = 25, 100
SECONDS_PER_BATCH, SECONDS_PER_JOB = 60.0, 3.0
SECONDS_FOR_JOINING = 900.0
WHOLE_FILE = -1
_LOST = (BrokenExecutor, CancelledError, FutureTimeout)


def batch_size(jobs: int, workers: int) -> int:
    """Jobs a batch: an even share of each worker's second round, between 25 and 100."""
    share = -(-jobs // (2 * workers))
    return min(max(share, SMALLEST_BATCH), LARGEST_BATCH)


class PoolRenderer:
    """Renders in `workers` processes (0: one for each core), or on an executor that is handed in.

    `finisher` names a function "module:function" (document, bytes) -> bytes, called in the worker for each document
    whose invoice format is not plain PDF.
    """

    def __init__(
        self,
        letterhead: Letterhead = Letterhead(),
        workers: int = 0,
        *,
        executor: Executor | None = None,
        finisher: str = "",
    ) -> None:
        self.letterhead, self.finisher = letterhead, finisher
        self.workers = workers if workers > 0 else _cores()
        self._given = executor
        self._own: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def render(self, jobs: Sequence[Job | StatementJob], staging: Path) -> Iterator[Rendered]:
        """One PDF per job into `staging`, named by its index; see `port.Renderer`."""
        for outcome in self._outcomes(self._orders(jobs, staging, keep=False)):
            yield from outcome.rendered

    def render_combined(
        self, jobs: Sequence[Job | StatementJob], staging: Path, target: Path, cover: Sequence[str] = ()
    ) -> Generator[Rendered, None, int]:
        """As `render`, and one print file of all that succeeded, in order; returns its pages (0: no file)."""
        spans: list[Span] = []
        for outcome in self._outcomes(self._orders(jobs, staging, keep=True)):
            spans += outcome.spans
            yield from outcome.rendered
        pages = self._join(spans, target, cover)
        for path in {span.path for span in spans}:
            Path(path).unlink(missing_ok=True)
        return pages

    def combine(self, files: Sequence[Path], target: Path, cover: Sequence[str] = ()) -> int:
        """One print file of existing PDFs in this order; the number of its pages."""
        return self._join([Span(str(path), 0, WHOLE_FILE) for path in files], target, cover)

    def close(self) -> None:
        """End the own worker processes; an executor that was handed in is left to its owner."""
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.shutdown(wait=True, cancel_futures=True)

    def _orders(self, jobs: Sequence[Job | StatementJob], staging: Path, keep: bool) -> Iterator[Order]:
        size = batch_size(len(jobs), self.workers)
        for first in range(0, len(jobs), size):
            part = tuple(jobs[first : first + size])
            yield Order(first, part, str(staging), self.letterhead, self.finisher, keep)

    def _outcomes(self, orders: Iterator[Order]) -> Iterator[Outcome]:
        """The outcomes in order, with a few batches under way at a time; closing stops before the next batch."""
        under_way: deque[tuple[Order, Future[Outcome]]] = deque()
        try:
            for order in orders:
                under_way.append((order, self._submit(order)))
                if len(under_way) > 2 * self.workers:
                    yield self._result(*under_way.popleft())
            while under_way:
                yield self._result(*under_way.popleft())
        finally:
            for _, future in under_way:
                future.cancel()

    def _submit(self, order: Order) -> "Future[Outcome]":
        try:
            return self._executor().submit(worker.render_batch, order)
        except BrokenExecutor as error:
            broken: Future[Outcome] = Future()
            broken.set_exception(error)
            return broken

    def _result(self, order: Order, future: "Future[Outcome]") -> Outcome:
        outcome = _taken(order, future)
        if outcome is not None:
            return outcome
        if self._given is not None:
            return _all_lost(order)
        return self._again(order)

    def _again(self, order: Order) -> Outcome:
        """The batch alone in a new process, then, if that dies too, each of its jobs alone."""
        self._kill()
        outcome = _taken(order, self._submit(order))
        if outcome is not None:
            return outcome
        outcomes = []
        for index, job in enumerate(order.jobs):
            single = replace(order, first=order.first + index, jobs=(job,))
            self._kill()
            outcomes.append(_taken(single, self._submit(single)) or _all_lost(single))
        self._kill()
        rendered = tuple(row for outcome in outcomes for row in outcome.rendered)
        return Outcome(rendered, tuple(span for outcome in outcomes for span in outcome.spans))

    def _join(self, spans: Sequence[Span], target: Path, cover: Sequence[str]) -> int:
        future = self._executor().submit(worker.combine, list(spans), str(target), tuple(cover))
        return future.result(SECONDS_FOR_JOINING)

    def _executor(self) -> Executor:
        if self._given is not None:
            return self._given
        with self._lock:
            if self._own is None:
                _start_tracker()
                context = multiprocessing.get_context("spawn")
                self._own = ProcessPoolExecutor(self.workers, mp_context=context, initializer=worker.start)
            return self._own

    def _kill(self) -> None:
        """End the own processes at once, also one that hangs; the next batch gets new ones."""
        with self._lock:
            own, self._own = self._own, None
        if own is None:
            return
        for process in list((getattr(own, "_processes", None) or {}).values()):
            process.kill()
        own.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _taken(order: Order, future: "Future[Outcome]") -> Outcome | None:
    """What a batch came to; None where its process was lost. Any other error is a problem of each of its jobs."""
    try:
        return future.result(SECONDS_PER_BATCH + SECONDS_PER_JOB * len(order.jobs))
    except _LOST:
        return None
    except Exception as error:  # a full disk, a folder that is gone
        numbered = enumerate(order.jobs, start=order.first)
        return Outcome(tuple(worker.failed(index, error, worker.name_of(job)) for index, job in numbered))


def _all_lost(order: Order) -> Outcome:
    text = N_("Der Prozess, der das Dokument erzeugt, ist abgebrochen. Bitte das Dokument prüfen und erneut versuchen.")
    problems = [Problem("PDF_PROZESS_ABGEBROCHEN", text, {}, worker.name_of(job)) for job in order.jobs]
    return Outcome(tuple(Rendered(order.first + i, None, problem=problem) for i, problem in enumerate(problems)))


def _start_tracker() -> None:
    """Start multiprocessing's helper with the real stderr: the screens put one in its place that is no file."""
    from multiprocessing import resource_tracker

    with redirect_stderr(sys.__stderr__ or sys.stderr):
        resource_tracker.ensure_running()
