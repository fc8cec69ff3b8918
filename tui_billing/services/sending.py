"""The one path by which any mail leaves the house: rows of runs, single documents, test mails.

How a run uses it (rules E4, E7, E9):

    items = [SendItem(document_id=…, row_id=…, customer_id=…, recipients=row.address, language=document.language,
                      files=((file name in the mail, path under the data folder),), size=bytes, copy=row.copy,
                      document_rev=document.rev)]
    jobs = plan_jobs(items, mode, size_limit=1024 * get_int(store, "mail.size_limit_kb"), run_id=run.id)
    result = yield from send_jobs(desk, jobs, stop=stop, still_allowed=check)

`send_jobs` writes the states of rows, dispatches and documents itself; the caller writes only the run's own state.
`check(tx, job) -> Problem | None` is asked inside the commit that sets a mail in flight (ignore lists, run still
running …); where it answers with a problem the mail is not sent and the row stays open with that reason.
`mail_problems(desk, documents)` says before the first mail what blocks all of them (unknown placeholder, no sender).
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from time import sleep as _sleep

from tui_billing.domain.mail_jobs import MailJob, MailMode, SendItem, plan_jobs
from tui_billing.domain.messages import Problem
from tui_billing.services.desk import Desk, Progress
from tui_billing.store.repositories import Transaction

__all__ = ["MailJob", "MailMode", "SendItem", "SendResult", "StillAllowed", "plan_jobs", "send_jobs", "settle_orphans"]

StillAllowed = Callable[[Transaction, MailJob], Problem | None]


@dataclass(frozen=True, slots=True)
class SendResult:
    """Counts of documents, not of mails; they add up to the documents of all jobs.

    `stopped` is empty, or a problem that ended the run before its last mail (password, certificate, limit, stop).
    """

    sent: int = 0
    refused: int = 0
    failed: int = 0
    deferred: int = 0
    unknown: int = 0
    open: int = 0
    stopped: Problem | None = None


def send_jobs(
    desk: Desk,
    jobs: Sequence[MailJob],
    *,
    stop: Callable[[], bool] = lambda: False,
    still_allowed: StillAllowed | None = None,
    sleep: Callable[[float], None] = _sleep,
) -> Generator[Progress, None, SendResult]:
    """Send these mails, each document at most once; stops between two mails when `stop()` is true or it is closed.

    Yields a Progress after every mail and each second of a rest (`resting_seconds`); returns the counts.
    Raises Refused before the first mail where a template or the sender is wrong (E6.2).
    """
    raise NotImplementedError


def settle_orphans(desk: Desk) -> int:
    """In flight, but the process that sent them is gone: they become ungeklärt (E9.1). Returns how many.

    Asked at every start of the program and of a sending; never touches the mails of a living process.
    """
    raise NotImplementedError
