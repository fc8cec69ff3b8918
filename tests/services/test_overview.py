"""The counters of the start screen: nothing that a customer still has to get is missing among them."""

from pathlib import Path

from fakes import FakeTransport, add_customer, add_invoice
from send_desk import drive, sending_desk

from tui_billing.dispatch.port import Outcome
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.runs import RowState
from tui_billing.services import documents, unknowns
from tui_billing.services.overview import overview
from tui_billing.services.send_single import apply_single, plan_single


def test_what_is_final_and_did_not_go_out_counts_as_not_sent(tmp_path: Path) -> None:
    lost = Outcome(RowState.UNKNOWN, "Verbindung abgebrochen (Punkt)")
    desk = sending_desk(tmp_path, FakeTransport(outcomes={"k2@kunde.example": lost}))
    sent, put_back, finalised, cancelled, _open = (
        add_invoice(desk, add_customer(desk, str(number))) for number in range(1, 6)
    )
    for document in (sent, put_back):
        drive(apply_single(desk, plan_single(desk, document.id)))
    unknowns.put_back(desk, 2, "kam nicht an")
    documents.finalise(desk, finalised.id)
    documents.cancel(desk, cancelled.id, "doppelt")
    assert desk.store.need(Document, put_back.id).state is DocumentState.FINAL
    counted = overview(desk)
    assert (counted.unsent, str(counted.unsent_eur), counted.unknown) == (3, "357.00", 0)
