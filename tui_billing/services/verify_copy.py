"""The archived files of a copy against its own records, by the hashes that were taken while they were copied."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tui_billing.domain.batches import BatchStatement, InvoiceBatch
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Problem
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.services.errors import StoreError, problems_of
from tui_billing.services.verify_report import hash_problems
from tui_billing.store.backup import opened_copy
from tui_billing.store.repositories import Store

Named = tuple[str, str, str]
"""A file, its hash, and the number of the record that names both."""

OUT_OF_HOUSE = frozenset({RowState.SENT.value, RowState.ISSUED.value})


def copied_files(folder: Path, sums: Mapping[str, bytes]) -> list[Problem]:
    """Each file that a record of the copy in `folder` names is there with the bytes that the record has the hash of."""
    problems: dict[Named, list[Problem]] = {}
    try:
        with opened_copy(folder) as engine:
            for file, expected, where in _named(Store(engine)):
                found = sums.get(file, b"").hex()
                if found != expected:
                    problems.setdefault((file, expected, ""), hash_problems(file, expected, found, where))
    except StoreError as error:
        return list(problems_of(error))
    return [problem for each in problems.values() for problem in each]


def _named(store: Store) -> Iterator[Named]:
    """What `verify` compares too: documents, rows that left the house, batches, statements and sent mails."""
    batches: dict[Any, str] = {}
    for doc in store.raw_scan(Document):
        yield from _of(doc, "file", str(doc.get("number", "")))
    for doc in store.raw_scan(RunRow):
        if doc.get("state") in OUT_OF_HOUSE:
            yield from _of(doc, "file", str(doc.get("number", "")))
    for doc in store.raw_scan(InvoiceBatch):
        batches[doc["id"]] = str(doc.get("number", ""))
        yield from _of(doc, "file", batches[doc["id"]])
    for doc in store.raw_scan(BatchStatement):
        yield from _of(doc, "file", batches.get(doc.get("batch_id"), ""))
    for doc in store.raw_scan(Dispatch):
        if doc.get("state") == RowState.SENT.value:
            yield from _of(doc, "spool", str(doc.get("message_id", "")))


def _of(doc: Mapping[str, Any], key: str, where: str) -> Iterator[Named]:
    file, expected = doc.get(key), doc.get(f"{key}_hash")
    if file and expected:
        yield str(file), str(expected), where
