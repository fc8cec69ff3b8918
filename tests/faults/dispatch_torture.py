"""The child of the kill -9 torture: opens the data folder and executes what is still to do, until killed.

python dispatch_torture.py DATA_FOLDER PORT CONNECTIONS
"""

import sys
from datetime import date
from pathlib import Path

from tui_billing.dispatch.smtp import SmtpTransport
from tui_billing.dispatch.smtp_session import SmtpProfile
from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.runs import RowState, RunRow
from tui_billing.services.desk import Desk
from tui_billing.services.sending import SendItem, plan_jobs, send_jobs
from tui_billing.store.files import Files
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.repositories import Store


def _no_renderer() -> object:
    raise AssertionError("nothing is rendered here")


def torture_desk(folder: Path, port: int) -> Desk:
    """A desk on the journal engine that sends to a plain server on this machine."""
    profile = SmtpProfile(host="127.0.0.1", port=port, security="none", timeout=2, dot_timeout=2, per_connection=40)
    return Desk(
        store=Store(open_engine(folder, create=True), "anna"),
        files=Files(folder),
        folder=folder,
        user="anna",
        today=lambda: date(2026, 11, 22),
        renderer=_no_renderer,  # type: ignore[arg-type]
        transport=lambda: SmtpTransport(profile),
    )


def items_to_do(desk: Desk) -> list[SendItem]:
    """What executing takes up: open and deferred rows (E9)."""
    rows = [r for r in desk.store.all(RunRow) if r.state in (RowState.OPEN, RowState.DEFERRED)]
    heads = desk.store.get_many(DocumentHead, [r.document_id for r in rows])
    return [
        SendItem(
            document_id=r.document_id,
            customer_id=r.customer_id,
            recipients=r.address,
            files=((f"{r.number}.pdf", r.file),),
            file_hash=r.file_hash,
            row_id=r.id,
            document_rev=heads[r.document_id].rev,
        )
        for r in rows
    ]


def main() -> None:
    """Execute once."""
    desk = torture_desk(Path(sys.argv[1]), int(sys.argv[2]))
    jobs = plan_jobs(items_to_do(desk), run_id=1)
    print("begins", flush=True)
    for _ in send_jobs(desk, jobs, sleep=lambda _: None):
        pass
    desk.store.close()


if __name__ == "__main__":
    main()
