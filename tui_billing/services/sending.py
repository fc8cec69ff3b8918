"""The one path by which any mail leaves the house: rows of runs, single documents, test mails.

How a run uses it (rules E4, E7, E9):

    items = [SendItem(document_id=…, row_id=…, customer_id=…, recipients=row.address, language=document.language,
                      files=((file name in the mail, path under the data folder),), file_hash=…, size=bytes,
                      copy=row.copy, document_rev=document.rev)]
    jobs = plan_jobs(items, mode, size_limit=1024 * get_int(store, "mail.size_limit_kb"), run_id=run.id)
    result = yield from send_jobs(desk, jobs, stop=stop, still_allowed=check)

`send_jobs` writes the states of rows, dispatches and documents itself; the caller writes only the run's own state.
`check(tx, job) -> Problem | None` is asked inside the commit that sets a mail in flight (ignore lists, run still
running …); where it answers with a problem the mail is not sent and the row stays open with that reason.
`mail_text.mail_problems(store, languages, sample)` says before the first mail what blocks all of them.
"""

from collections.abc import Callable, Generator, Sequence
from time import sleep as _sleep

from tui_billing.domain.mail_jobs import MailJob, MailMode, SendItem, plan_jobs
from tui_billing.domain.messages import Refused
from tui_billing.domain.runs import Dispatch
from tui_billing.services import settings
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.mail_text import profile_problems, read_profile
from tui_billing.services.send_book import Book
from tui_billing.services.send_course import Course, SendResult
from tui_billing.services.send_lanes import Lanes
from tui_billing.services.send_orphans import settle_orphans
from tui_billing.services.send_parcel import Parcel, StillAllowed
from tui_billing.services.send_spool import Spool

__all__ = [
    "MailJob",
    "MailMode",
    "SendItem",
    "SendResult",
    "StillAllowed",
    "plan_jobs",
    "send_jobs",
    "send_spooled",
    "settle_orphans",
]


def send_jobs(
    desk: Desk,
    jobs: Sequence[MailJob],
    *,
    stop: Callable[[], bool] = never,
    still_allowed: StillAllowed | None = None,
    sleep: Callable[[float], None] = _sleep,
) -> Generator[Progress, None, SendResult]:
    """Send these mails, each document at most once; stops between two mails when `stop()` is true or it is closed.

    Yields a Progress after every mail and each second of a rest (`resting_seconds`); returns the counts.
    Raises Refused before the first mail where the sender is wrong; a wrong template keeps each mail back (E6.2).
    """
    settle_orphans(desk)
    profile = read_profile(desk.store)
    if problems := profile_problems(profile):
        raise Refused(*problems)
    if not jobs:
        return SendResult()
    book = Book(desk, still_allowed)
    return (yield from _send(desk, Spool(desk, profile, book), stop, sleep, jobs=jobs))


def send_spooled(
    desk: Desk,
    dispatch: Dispatch,
    job: MailJob,
    *,
    stop: Callable[[], bool] = never,
    sleep: Callable[[float], None] = _sleep,
) -> Generator[Progress, None, SendResult]:
    """Send the bytes of an ungeklärte dispatch once more, with their Message-ID; the clerk has decided so."""
    book = Book(desk)
    spool = Spool(desk, read_profile(desk.store), book)
    try:
        parcel = spool.again(dispatch, job)
    except BaseException:
        book.close()
        raise
    return (yield from _send(desk, spool, stop, sleep, ready=(parcel,)))


def _send(
    desk: Desk,
    spool: Spool,
    stop: Callable[[], bool],
    sleep: Callable[[float], None],
    *,
    jobs: Sequence[MailJob] = (),
    ready: Sequence[Parcel] = (),
) -> Generator[Progress, None, SendResult]:
    """Drive one sending and end it in order, whatever happens: mails finished, outcomes written, lease let go."""
    lanes = Lanes(spool.book, desk.transport, settings.get_int(desk.store, "mail.connections"))
    course = Course(desk, jobs, ready, spool, lanes, stop, sleep)
    try:
        return (yield from course.run())
    finally:
        lanes.close()
        try:
            course.discard()
        finally:
            spool.book.close()
