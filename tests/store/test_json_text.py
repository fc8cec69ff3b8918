"""Documents as JSON text: the quick library and the standard one must say the same."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.store.journal import turned_back, way_back
from tui_billing.store.json_text import BadLine, dump, load, parse_json

texts = st.text(st.characters(exclude_categories=()), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
documents = st.dictionaries(texts, values, max_size=5)


def shape(value: object) -> str:
    """The value with its types and order; == alone takes 1, 1.0 and true for the same."""
    return repr(value)


@given(documents)
def test_what_is_written_is_read_again_exactly(doc):
    assert shape(load(dump(doc))) == shape(doc)


@given(documents)
def test_both_libraries_read_the_same_from_what_is_written(doc):
    raw = dump(doc)
    assert b"\n" not in raw
    assert shape(json.loads(raw)) == shape(load(raw))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"n":123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
        (b'{"n":-9223372036854775809}', {"n": -9223372036854775809}),
        (b'{"n":18446744073709551616}', {"n": 18446744073709551616}),
        (b'{"t":"1234567890123456789012"}', {"t": "1234567890123456789012"}),
        (b'{"t":"\\ud800"}', {"t": "\ud800"}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"n":1e2,"m":1.0}', {"n": 100.0, "m": 1.0}),
    ],
)
def test_what_the_quick_library_reads_otherwise_is_read_by_the_standard_one(raw, value):
    assert shape(parse_json(raw)) == shape(value)


@pytest.mark.parametrize("value", [date(2026, 11, 22), Decimal("1.00"), {1, 2}, object()])
def test_what_json_has_no_form_for_is_refused(value):
    with pytest.raises(TypeError):
        dump({"value": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_is_refused_and_not_written_as_null(value):
    with pytest.raises(ValueError, match="JSON compliant"):
        dump({"value": value})


def test_keys_that_are_numbers_become_text_as_in_the_standard_library():
    assert dump({1: {True: None}}) == b'{"1":{"true":null}}'


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{", b'{"a":NaN} x', b'{"a":"\xff"}', b'{"a":1}{"b":2}', b"[" * 100_000])
def test_a_broken_text_is_a_bad_line(raw):
    with pytest.raises(BadLine):
        load(raw)


@given(documents, documents)
def test_the_way_back_leads_to_the_old_document(old, new):
    way = parse_json(way_back(old, new))
    found = turned_back(new, way)
    assert {k: shape(v) for k, v in found.items()} == {k: shape(v) for k, v in old.items()}


def test_the_way_back_names_only_what_has_changed():
    old = {"id": 7, "rev": 3, "note": "alt", "paid": True}
    new = {"id": 7, "rev": 4, "paid": 1, "reason": "x"}
    assert way_back(old, new) == b'[{"rev":3,"note":"alt","paid":true},["reason"]]'
