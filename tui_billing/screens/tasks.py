"""Use cases in thread workers: they post messages, and stop between two documents when they are asked to."""

import time
from collections.abc import Callable, Generator
from threading import Event
from types import GeneratorType
from typing import Any, TypeVar

from textual.message_pump import MessagePump

from tui_billing.screens.messages import TaskDone, TaskFailed, TaskProgress
from tui_billing.services.desk import Progress

POST_EVERY = 0.2


T = TypeVar("T")


def until_stopped(steps: Generator[Progress, None, T], stop: Callable[[], bool]) -> Generator[Progress, None, T | None]:
    """The steps of a use case without effect, left where the clerk asks to stop; the result is None then."""
    try:
        while not stop():
            yield next(steps)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    steps.close()
    return None


class Task:
    """One use case on its way. `work(stop)` returns the result, or a generator of Progress that returns it."""

    def __init__(self, name: str, owner: MessagePump, work: Callable[[Callable[[], bool]], Any]) -> None:
        self.name, self.owner, self._work = name, owner, work
        self._stop = Event()
        self.is_running = True
        self._pace_from: tuple[float, int] | None = None

    def stop(self) -> None:
        """Ask it to end after the document at hand."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it has been asked to end."""
        return self._stop.is_set()

    def run(self) -> None:
        """The body of the thread."""
        try:
            result = self._work(self._stop.is_set)
            if isinstance(result, GeneratorType):
                result = self._follow(result)
        except Exception as error:
            self.is_running = False
            self.owner.post_message(TaskFailed(self.name, error))
        else:
            self.is_running = False
            self.owner.post_message(TaskDone(self.name, result))

    def _follow(self, steps: Generator[Progress, None, Any]) -> Any:
        """Drive the generator; a screen needs no more than five posts a second."""
        posted = 0.0
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                return end.value
            now = time.monotonic()
            if now - posted >= POST_EVERY or progress.done >= progress.total:
                posted = now
                self.owner.post_message(TaskProgress(self.name, progress))

    def seconds_left(self, progress: Progress) -> float | None:
        """Estimate from the pace since the first document was done; None until there is a pace.

        What came before it, workers starting and the first PDFs, would make the rest look long.
        """
        if progress.done < 1:
            return None
        now = time.monotonic()
        if self._pace_from is None:
            self._pace_from = (now, progress.done)
        since, already = self._pace_from
        spent, done = now - since, progress.done - already
        if done < 1 or spent < 1:
            return None
        return (progress.total - progress.done) * spent / done + progress.resting_seconds
