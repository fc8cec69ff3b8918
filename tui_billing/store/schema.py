"""The tables, their indexes and unique keys. Every field that a screen or a service filters on stands here.

A key is a field name or a function of the document that returns the list of its values (empty: not indexed).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui_billing.store.engine import Doc

KeyFunction = Callable[[Doc], list[Any]]

OPEN_DISPATCH = ("in_flight", "unknown")


@dataclass(frozen=True, slots=True)
class TableSchema:
    """`indexes` and `uniques` map a key's name to a function; a unique key may have several values a document."""

    name: str
    indexes: dict[str, KeyFunction]
    uniques: dict[str, KeyFunction]
    version: int = 1


def field(name: str) -> KeyFunction:
    """The field's value; empty values are not indexed."""

    def values(doc: Doc) -> list[Any]:
        value = doc.get(name)
        return [] if value is None or value == "" else [value]

    return values


def each(name: str) -> KeyFunction:
    """Every value of a list field."""
    return lambda doc: list(doc.get(name) or ())


def pair(first: str, second: str) -> KeyFunction:
    """Two fields as one key, "a|b"; a compact document leaves out a zero (the year of a range that never restarts)."""
    return lambda doc: [f"{doc.get(first, 0)}|{doc.get(second, 0)}"]


def _open_documents(doc: Doc) -> list[Any]:
    """The documents that this dispatch keeps open: in flight or unknown (one open dispatch per document, E1)."""
    return list(doc.get("document_ids") or ()) if doc.get("state") in OPEN_DISPATCH else []


def _unsent(doc: Doc) -> list[Any]:
    """1 while it has not left the house; what was cancelled before it was final never will."""
    is_gone = doc.get("state") == "cancelled" and not doc.get("final_at")
    return [] if doc.get("printed_at") or doc.get("mailed_at") or is_gone else [1]


def _unbatched(doc: Doc) -> list[Any]:
    """The customer, while the entry is in no batch."""
    return [] if doc.get("batch_id") or doc.get("cancelled") else [doc["customer_id"]]


def _unbatched_date(doc: Doc) -> list[Any]:
    return [] if doc.get("batch_id") or doc.get("cancelled") else [doc["batch_date"]]


def _table(
    name: str, indexes: dict[str, KeyFunction] | None = None, uniques: dict[str, KeyFunction] | None = None
) -> TableSchema:
    return TableSchema(name, indexes or {}, uniques or {})


TABLES: dict[str, TableSchema] = {
    t.name: t
    for t in (
        _table("company"),
        _table(
            "customers",
            {"name": field("name"), "cutoff_day": field("cutoff_day"), "channel": field("channel")},
            {"number": field("number")},
        ),
        _table("orders", {"customer_id": field("customer_id")}, {"number": field("number")}),
        _table(
            "invoices",
            {
                "invoice_date": field("invoice_date"),
                "customer_id": field("customer_id"),
                "order_id": field("order_id"),
                "kind": field("kind"),
                "state": field("state"),
                "unsent": _unsent,
                "reference": lambda doc: [doc["reference"]["document_id"]] if doc.get("reference") else [],
            },
            {"number": field("number")},
        ),
        _table(
            "payments",
            {
                "customer_id": field("customer_id"),
                "paid_date": field("paid_date"),
                "returns": field("returns"),
                "reference": field("reference"),
            },
            {"number": field("number")},
        ),
        _table(
            "periods",
            {
                "order_id": field("order_id"),
                "document_id": field("document_id"),
                "creation_id": field("creation_id"),
            },
            {"order_period": pair("order_id", "period_start")},
        ),
        _table("creations"),
        _table("runs", {"state": field("state")}, {"number": field("number")}),
        _table(
            "run_rows",
            {
                "run_id": field("run_id"),
                "document_id": field("document_id"),
                "dispatch_id": field("dispatch_id"),
                "state": field("state"),
            },
            {"run_document": pair("run_id", "document_id")},
        ),
        _table(
            "dispatches",
            {
                "run_id": field("run_id"),
                "document_ids": each("document_ids"),
                "state": field("state"),
                "in_flight_at": field("in_flight_at"),
            },
            {"open_document": _open_documents, "message_id": field("message_id")},
        ),
        _table(
            "batches",
            {"state": field("state"), "close_date": field("close_date")},
            {"number": field("number")},
        ),
        _table(
            "batch_rows",
            {"batch_id": field("batch_id"), "customer_id": field("customer_id")},
            {"document_id": field("document_id")},
        ),
        _table(
            "batch_statements",
            {"batch_id": field("batch_id"), "customer_id": field("customer_id")},
            {"batch_customer": pair("batch_id", "customer_id")},
        ),
        _table(
            "receivables",
            {
                "customer_id": field("customer_id"),
                "batch_id": field("batch_id"),
                "batch_date": field("batch_date"),
                "unbatched_customer": _unbatched,
                "unbatched_date": _unbatched_date,
            },
            {"document_id": field("document_id")},
        ),
        _table("ignored", {"kind": field("kind")}, {"kind_target": pair("kind", "target_id")}),
        _table("numbers", {}, {"name_year": pair("name", "year")}),
        _table("document_types", {}, {"name": field("name")}),
        _table("settings", {}, {"key": field("key")}),
    )
}
