"""Orders from and for files: the JSON of one order, names of the glossary, the customer by number."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from tui_billing.domain.codec import decode, encode
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order
from tui_billing.domain.parties import Customer
from tui_billing.domain.texts import clean
from tui_billing.services import orders
from tui_billing.store.repositories import Repository

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)
_STORED_ONLY = ("id", "rev", "customer_id")


def order_json(order: Order, customer: Customer | None) -> dict[str, Any]:
    """The order as a JSON object with the customer's number."""
    return {**encode(order), "customer": customer.number if customer else ""}


def order_from_json(store: Repository, data: bytes, base: Order | None = None) -> Order:
    """One order from JSON; with `base` only what stands there changes. Raises Refused with each field's problem."""
    try:
        values = json.loads(data.decode("utf-8-sig"), parse_float=Decimal, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise Refused(
            Problem("JSON_UNLESBAR", N_("Die Datei ist kein JSON: {message}"), {"message": str(error)})
        ) from None
    if isinstance(values, dict) and isinstance(values.get("order"), dict):
        values = values["order"]
    if not isinstance(values, dict):
        raise Refused(Problem("JSON_UNLESBAR", N_("Die Datei enthält kein JSON-Objekt eines Auftrags")))
    problems = list(_check(Order, {k: v for k, v in values.items() if k != "customer"}, ""))
    if problems:
        raise Refused(*problems)
    return _order(store, values, base)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that names a field twice is refused, for only the last value would count."""
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise Refused(Problem("SPALTE_DOPPELT", N_("Das Feld „{name}“ kommt zweimal vor."), {"name": clean(key)}))
        seen[key] = value
    return seen


def _order(store: Repository, values: dict[str, Any], base: Order | None) -> Order:
    known: dict[str, Any] = encode(base) if base else {}
    fresh = {k: v for k, v in values.items() if k not in (*_STORED_ONLY, "customer")}
    if isinstance(fresh.get("interval"), dict) and isinstance(known.get("interval"), dict):
        fresh["interval"] = {**known["interval"], **fresh["interval"]}
    order = decode(Order, {**known, **fresh})
    if "customer" in values:
        order = replace(order, customer_id=orders.find_customer(store, str(values["customer"])).id)
    elif base is None and isinstance(values.get("customer_id"), int):
        order = replace(order, customer_id=values["customer_id"])
    return order


def _check(cls: type, values: Mapping[str, Any], where: str) -> Iterable[Problem]:
    """Every field that does not fit its type, named by its path."""
    hints = get_type_hints(cls)
    names = {f.name for f in fields(cls)}
    for key, value in values.items():
        path = f"{where}.{key}" if where else key
        if key not in names:
            yield Problem("FELD_UNBEKANNT", N_("Feld {field} gibt es nicht"), {"field": path}, where=path)
        else:
            yield from _check_value(hints[key], value, path)


def _check_value(hint: Any, value: Any, path: str) -> Iterable[Problem]:
    parts = get_args(hint)
    if type(None) in parts:
        if value is None:
            return
        hint = next(p for p in parts if p is not type(None))
        parts = get_args(hint)
    if parts and parts[-1] is Ellipsis:
        if not isinstance(value, list):
            yield _bad(path, N_("Feld {field} muss eine Liste sein"))
            return
        for n, item in enumerate(value, 1):
            yield from _check_value(parts[0], item, f"{path}.{n}")
    elif is_dataclass(hint):
        if not isinstance(value, dict):
            yield _bad(path, N_("Feld {field} muss ein JSON-Objekt sein"))
            return
        yield from _check(hint, value, path)  # type: ignore[arg-type]
    elif not _fits(hint, value):
        yield _bad(path, N_("Feld {field} hat keinen gültigen Wert: {value}"), value)


def _fits(hint: Any, value: Any) -> bool:
    if hint is bool:
        return isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9
    if hint is Decimal:
        return not isinstance(value, bool) and bool(_NUMBER.fullmatch(str(value)))
    if not isinstance(value, str):
        return False
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return value in {member.value for member in hint}
    return hint is str or _is_day(value)


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _bad(path: str, text: str, value: Any = "") -> Problem:
    return Problem("FELD_UNGUELTIG", text, {"field": path, "value": str(value)[:80]}, where=path)
