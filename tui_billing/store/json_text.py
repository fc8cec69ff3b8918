"""Documents as compact JSON: orjson where it says the same as the standard library, else the standard library.

The two differ in whole numbers beyond 64 bits, NaN, lone surrogates, keys that are no text and very deep nesting.
orjson alone takes an enum for its value and a UUID for its text; both are read again as plain values.
"""

import json
from json import scanner
from typing import Any

import orjson

from tui_billing.domain.messages import N_, Term
from tui_billing.store.engine import Doc

STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
ANY_DIGIT = bytes.maketrans(b"123456789", b"0" * 9)
LONG_NUMBER = b"0" * 19
"""Digits that a whole number of 64 bits may not hold; orjson reads longer ones as floats."""

scan_json: Any = scanner.make_scanner(json.JSONDecoder())  # type: ignore[arg-type]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class BadLine(ValueError):
    """A text that is not what its writer wrote; `why` is a German message id."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why if isinstance(why, Term) else Term(why)


def why_bad(error: Exception) -> Term:
    """What is wrong with a line, as a term for the clerk."""
    return error.why if isinstance(error, BadLine) else Term(N_("die Zeile hat eine andere Form"))


def dump(value: Any) -> bytes:
    """A value as compact JSON on one line. Raises TypeError for what JSON has no form for, ValueError for NaN."""
    try:
        raw = orjson.dumps(value, option=STRICT)
        if b"null" not in raw:  # orjson writes NaN as null
            return bytes(memoryview(raw))  # orjson's own bytes hold on to a buffer of 4 kB each
    except TypeError:
        pass
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        return _encode_ascii(value).encode()  # UTF-8 has no form for lone surrogates, escapes have


def parse_json(raw: bytes) -> Any:
    """A value from its bytes. Raises ValueError."""
    if LONG_NUMBER not in raw.translate(ANY_DIGIT):
        try:
            return orjson.loads(raw)
        except ValueError:
            pass
    return json.loads(str(raw, "utf-8"))


def load(raw: bytes) -> Doc:
    """A document from its bytes. Raises BadLine."""
    try:
        doc = parse_json(raw)
    except (ValueError, RecursionError) as error:
        raise BadLine(N_("kein gültiges JSON")) from error
    if type(doc) is not dict:
        raise BadLine(N_("kein JSON-Objekt"))
    return doc
