"""What invoices and orders of a file share: several rows of one record, each with one position."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tui_billing.domain.documents import VatCategory
from tui_billing.domain.messages import N_, Clause, Problem
from tui_billing.domain.texts import clean
from tui_billing.domain.vat_rates import RATES
from tui_billing.exchange.cells import Cells
from tui_billing.exchange.parsed import kept_out
from tui_billing.exchange.tables import Row, Table

USUAL_RATES = tuple(sorted({Decimal(0), *(rate for periods in RATES.values() for _day, rate in periods)}))
"""Rates that a taxed position in Germany has or had; a foreign rate is taken, and told."""
CATEGORIES = {c.value.lower(): c for c in VatCategory}


def head_row(rows: Sequence[Row], columns: Iterable[str]) -> Row:
    """The first row, with what a later one says of the whole record where the first says nothing."""
    said = {c: row.get(c) for row in reversed(rows) for c in columns if row.get(c)}
    return replace(rows[0], cells=rows[0].cells | said)


def contradictions(rows: Sequence[Row], columns: Sequence[str], code: str, text: str) -> list[Problem]:
    """Columns of the whole record that two rows fill differently; `text` knows {column} {value} {other} {there}."""
    problems: list[Problem] = []
    said: dict[str, Row] = {}
    for row in rows:
        for column in columns:
            value = row.get(column)
            first = said.setdefault(column, row) if value else row
            if value and value != first.get(column):
                params = {"column": row.name(column), "value": clean(value), "other": clean(first.get(column))}
                problems.append(Problem(code, text, {**params, "there": first.place}, row.where))
    return problems


def torn_rows(table: Table) -> dict[str, list[tuple[Row, Problem]]]:
    """Rows that could not be read, by the number of the record that lacks a position without them."""
    found: dict[str, list[tuple[Row, Problem]]] = {}
    for row, problem in table.broken:
        found.setdefault(clean(row.get("number")).strip(), []).append((row, problem))
    return found


def places_of(rows: Sequence[Row]) -> tuple[Clause, ...]:
    """Where the record stands, for a refusal that comes later; a single row needs none."""
    return tuple(row.place for row in rows) if len(rows) > 1 else ()


def refusals(
    rows: Sequence[Row], faults: Sequence[Problem], torn: Mapping[str, list[tuple[Row, Problem]]]
) -> list[Problem]:
    """What keeps the record of these rows out, told for each of them; empty where it is good."""
    number = clean(rows[0].get("number")).strip()
    lost = torn.get(number, [])
    own = [p for p in faults if not p.warning]
    if not own and not lost:
        return []
    every = sorted((*rows, *(row for row, _fault in lost)), key=lambda row: row.line)
    return own + kept_out(number, [row.place for row in every], [*own, *(fault for _row, fault in lost)])


def position_values(cells: Cells, default_rate: Decimal) -> dict[str, Any]:
    """The fields that Line and OrderLine share; without a tax rate a seller's own usual one, 0 where it is exempt."""
    is_exempt = not default_rate and cells.row.get("vat_rate") in ("", "0", "0,00", "0.00")
    category = cells.choice("vat_category", CATEGORIES, VatCategory.EXEMPT if is_exempt else VatCategory.STANDARD)
    usual = default_rate if category is VatCategory.STANDARD else Decimal(0)
    if not cells.row.get("unit_price"):
        cells.refuse("FELD_LEER", N_("{column}: darf nicht leer sein."), column="unit_price")
    return {
        "article": cells.text("article", 60),
        "name": cells.needed("name"),
        "description": cells.block("description"),
        "quantity": cells.number("quantity", 4, Decimal(1)) or Decimal(0),
        "unit": cells.text("unit", 40) or "Stück",
        "unit_price": cells.number("unit_price", 6) or Decimal(0),
        "price_unit": cells.number("price_unit", 0, Decimal(1), bounds=(1, 10**6)) or Decimal(1),
        "discount_percent": cells.number("discount_percent", 2, Decimal(0), bounds=(0, 100)) or Decimal(0),
        "vat_category": category,
        "vat_rate": _vat_rate(cells, usual, category),
    }


def _vat_rate(cells: Cells, usual: Decimal, category: VatCategory) -> Decimal:
    rate = cells.number("vat_rate", 2, usual, bounds=(0, 100))
    if rate is not None and 0 < rate < 1:
        # What a spreadsheet keeps behind a cell that shows 19 %; no such rate exists (F5).
        text = N_("{column}: „{value}“ ist kein Steuersatz; gemeint ist wohl {percent} %.")
        percent = format(rate * 100, "f").rstrip("0").rstrip(".")
        cells.refuse("STEUERSATZ_UNGUELTIG", text, column="vat_rate", value=cells.row.get("vat_rate"), percent=percent)
    elif rate is not None and category is VatCategory.STANDARD and rate not in (usual, *USUAL_RATES) and rate <= 100:
        text = N_("{column}: „{value}“ ist kein üblicher Steuersatz ({usual}); bitte prüfen.")
        known = ", ".join(map(str, USUAL_RATES))
        cells.doubt("STEUERSATZ_UNUEBLICH", text, column="vat_rate", value=cells.row.get("vat_rate"), usual=known)
    return rate or Decimal(0)
