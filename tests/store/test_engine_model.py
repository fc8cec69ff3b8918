"""Three handles on one data folder do what a plain dict does, with compactions and restarts at any moment."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tui_billing.store.compact import compact
from tui_billing.store.engine import Doc, NotUnique
from tui_billing.store.fsops import FsOps
from tui_billing.store.journal_engine import JournalEngine, open_engine

HANDLES = st.integers(0, 2)
NUMBERS = st.sampled_from(["R1", "R2", "R3", "R10", "Ä", "a" * 80 + "1", "a" * 80 + "2"])
DAYS = st.sampled_from(["2026-01-01", "2026-01-31", "2026-02-28", ""])
BODY = st.fixed_dictionaries(
    {"number": NUMBERS, "invoice_date": DAYS, "customer_id": st.integers(1, 3), "text": st.text(max_size=30)}
)


class Unsynced(FsOps):
    """The model is about what is read, not about power."""

    def fdatasync(self, fd: int) -> None:
        pass

    def fsync(self, fd: int) -> None:
        pass

    def fsync_folder(self, path: Path) -> None:
        pass


class Model(RuleBasedStateMachine):
    """`docs` is what must be in the table, by id."""

    def __init__(self) -> None:
        super().__init__()
        shared = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None)) / "data"
        self.ops = Unsynced()
        self.docs: dict[int, Doc] = {}
        self.next_id = 1
        self.seq = 0
        self.handles: list[JournalEngine] = []

    @initialize()
    def open(self) -> None:
        self.handles = [open_engine(self.folder, ops=self.ops) for _ in range(3)]

    def teardown(self) -> None:
        for handle in self.handles:
            handle.close()
        shutil.rmtree(self.folder.parent)

    @rule(
        handle=HANDLES,
        changes=st.lists(st.tuples(st.sampled_from("ipd"), st.integers(0, 9), BODY), max_size=4),
        fail=st.booleans(),
    )
    def transact(self, handle: int, changes: list[tuple[str, int, Doc]], fail: bool) -> None:
        docs, next_id, touched = dict(self.docs), self.next_id, False
        try:
            with self.handles[handle].transaction("Schritt", by="anna") as tx:
                for kind, pick, body in changes:
                    target = sorted(docs)[pick % len(docs)] if docs else None
                    taken = {d["number"]: i for i, d in docs.items()}
                    if kind == "i":
                        if body["number"] in taken:
                            self._refused(tx, body, taken[body["number"]])
                            continue
                        assert tx.insert("invoices", body) == next_id
                        docs[next_id] = {**body, "id": next_id, "rev": 1}
                        next_id += 1
                    elif target is not None and kind == "p":
                        if taken.get(body["number"], target) != target:
                            continue
                        rev = docs[target]["rev"]
                        assert tx.put("invoices", {**body, "id": target}, rev) == rev + 1
                        docs[target] = {**body, "id": target, "rev": rev + 1}
                    elif target is not None:
                        tx.delete("invoices", target)
                        del docs[target]
                    else:
                        continue
                    touched = True
                assert {d["id"]: d for d in tx.scan("invoices")} == docs
                assert tx.count("invoices") == len(docs)
                if fail:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            return
        if touched:
            self.docs, self.next_id, self.seq = docs, next_id, self.seq + 1

    def _refused(self, tx: Any, body: Doc, other: int) -> None:
        try:
            tx.insert("invoices", body)
        except NotUnique as refused:
            assert refused.other_id == other
        else:
            raise AssertionError("a number was taken twice")

    @rule(full=st.booleans())
    def compact(self, full: bool) -> None:
        compact(self.folder, full=full, ops=self.ops)

    @rule(handle=HANDLES)
    def reopen(self, handle: int) -> None:
        self.handles[handle].close()
        self.handles[handle] = open_engine(self.folder, ops=self.ops)

    @rule()
    def forget_the_indexes(self) -> None:
        for path in self.folder.glob("cache/*"):
            path.unlink()

    @precondition(lambda self: self.handles)
    @rule(handle=HANDLES, number=NUMBERS, customer=st.integers(1, 3), low=DAYS, high=DAYS)
    def ask(self, handle: int, number: str, customer: int, low: str, high: str) -> None:
        engine, docs = self.handles[handle], self.docs.values()
        assert engine.find("invoices", "number", number) == [d for d in docs if d["number"] == number]
        ids = sorted(d["id"] for d in docs if d["customer_id"] == customer)
        assert engine.find_ids("invoices", "customer_id", customer) == ids
        hits = [d for d in docs if d["invoice_date"] and low <= d["invoice_date"] <= high]
        hits.sort(key=lambda d: (d["invoice_date"], d["id"]))
        assert engine.between("invoices", "invoice_date", low, high) == hits
        names = sorted(d["number"] for d in docs if d["number"] >= number)
        assert [d["number"] for d in engine.between("invoices", "number", number, None)] == names

    @rule(handle=HANDLES, since=st.integers(0, 40))
    def changes(self, handle: int, since: int) -> None:
        changed: set[int] = set()
        for entry in self.handles[handle].history(limit=1000):
            if entry.seq > since:
                changed.update(i for _, i, _, _ in entry.changes)
        assert self.handles[handle].changes_since(since).ids.get("invoices", set()) == changed

    @invariant()
    def all_handles_see_the_same(self) -> None:
        for engine in self.handles:
            assert engine.refresh() == self.seq
            assert {d["id"]: d for d in engine.scan("invoices")} == self.docs
            assert engine.count("invoices") == len(self.docs)


TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
