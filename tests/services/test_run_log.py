"""The log of a run: a line each, sums that add up, and a CSV that no spreadsheet runs."""

import csv
import io
from decimal import Decimal
from pathlib import Path

from fakes import FakeTransport, add_customer
from send_desk import add_row, drive, sending_desk

from tui_billing.dispatch.port import Outcome
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.services import run_log
from tui_billing.services.sending import plan_jobs, send_jobs


def test_every_row_stands_in_the_log_and_the_sums_add_up(tmp_path: Path) -> None:
    refused = Outcome(RowState.REFUSED, '=cmd|"/c calc"!A1', 550, server="mail.example:587")
    desk = sending_desk(tmp_path, FakeTransport(outcomes={"k2@kunde.example": refused}))
    evil = add_customer(desk, "3", name="=HYPERLINK(1)")
    items = [add_row(desk, "1"), add_row(desk, "2", net="200"), add_row(desk, "3", customer=evil, net="0.5")]
    drive(send_jobs(desk, plan_jobs(items, run_id=1)))
    log = run_log.rows(desk, 1)
    assert [(r.number, r.state, str(r.gross)) for r in log] == [
        ("RE-2026-00001", RowState.SENT, "119.00"),
        ("RE-2026-00002", RowState.REFUSED, "238.00"),
        ("RE-2026-00003", RowState.SENT, "0.60"),
    ]
    sums = run_log.sums(log)
    assert sums == {RowState.SENT: (2, Decimal("119.60")), RowState.REFUSED: (1, Decimal("238.00"))}
    assert log[0].hash == desk.store.need(Dispatch, 1).spool_hash
    assert log[0].message_id and log[0].time and log[0].reply == "250 ok"
    lines = list(csv.reader(io.StringIO(run_log.csv_text(log)), delimiter=";"))
    assert lines[0][:5] == ["Nummer", "Kundennummer", "Kunde", "Betrag EUR", "Stand"]
    assert lines[1][:5] == ["RE-2026-00001", "1", "Kunde 1", "119,00", "versendet"]
    assert lines[2][9] == '\'=cmd|"/c calc"!A1'
    assert lines[3][2] == "'=HYPERLINK(1)"
    assert lines[4:] == [
        ["Summe", "2", "", "119,60", "versendet"],
        ["Summe", "1", "", "238,00", "abgelehnt"],
        ["Summe", "3", "", "357,60", ""],
    ]
    assert all(cell[:1] not in tuple("=+-@") for line in lines for cell in line)
