"""Frozen dataclasses to plain JSON values and back: Decimal and date as strings, enums by value, no float.

One encoder and one decoder is compiled per class on first use; decoding ignores unknown keys and takes
defaults for missing ones, so that an older record still reads.
"""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Json = dict[str, Any]
T = TypeVar("T")


_AS_IS = frozenset({str, int, bool, type(None)})


def _plain(value: Any, compact: bool) -> Any:
    """Any value inside a record as JSON."""
    kind = type(value)
    return value if kind in _AS_IS else _writer(kind)(value, compact)  # type: ignore[arg-type]


@cache
def _writer(kind: type) -> Callable[[Any, bool], Any]:
    """The function that turns a value of this type into JSON; looked up by type, because records are written often."""
    if issubclass(kind, StrEnum):
        return lambda v, _: v.value
    if issubclass(kind, (bool, int, str)):
        return lambda v, _: v
    if issubclass(kind, Decimal):
        return lambda v, _: format(v, "f")
    if issubclass(kind, date):
        return lambda v, _: v.isoformat()
    if issubclass(kind, (tuple, list)):
        return lambda v, compact: [_plain(x, compact) for x in v]
    if issubclass(kind, dict):
        return lambda v, compact: {str(k): _plain(x, compact) for k, x in v.items()}
    if is_dataclass(kind):
        return lambda v, compact: encode(v, compact=compact)
    raise TypeError(f"cannot store {kind.__name__}")


@cache
def _names(cls: type) -> tuple[tuple[str, bool], ...]:
    """Field names, and whether an empty value may be left out because the default is just as empty.

    Whole numbers always stand there, so that keys made of them (year 0) are found.
    """

    def may_drop(default: Any) -> bool:
        return default is not MISSING and not default and (default is False or not isinstance(default, int))

    return tuple((f.name, may_drop(f.default)) for f in fields(cls))


def encode(record: Any, *, compact: bool = False) -> Json:
    """A dataclass as a JSON object with its fields in order; compact leaves out what is empty by default."""
    out: Json = {}
    for name, may_drop in _names(type(record)):  # type: ignore[arg-type]
        value = getattr(record, name)
        if compact and may_drop and not value:
            continue
        kind = type(value)
        out[name] = value if kind in _AS_IS else _writer(kind)(value, compact)  # type: ignore[arg-type]
    return out


def _identity(value: Any) -> Any:
    return value


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """The function that turns a JSON value into the hinted type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(next(a for a in args if a is not type(None)))
        return lambda v: None if v is None else inner(v)
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            one = _reader(args[0])
            if one is _identity:
                return tuple
            return lambda v: tuple(one(x) for x in v)
        parts = tuple(_reader(a) for a in args)
        return lambda v: tuple(p(x) for p, x in zip(parts, v, strict=True))
    if origin is dict:
        value_reader = _reader(args[1])
        return lambda v: {k: value_reader(x) for k, x in v.items()}
    if hint is Decimal:
        return Decimal
    if hint is date:
        return date.fromisoformat
    if isinstance(hint, type):
        if issubclass(hint, StrEnum):
            return {member.value: member for member in hint}.__getitem__
        if is_dataclass(hint):
            return lambda v: decode(hint, v)
    return _identity


@cache
def _readers(cls: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(cls)
    return tuple((f.name, _reader(hints[f.name])) for f in fields(cls))


@cache
def _required(cls: type) -> frozenset[str]:
    return frozenset(f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING)


def decode(cls: type[T], data: Json) -> T:
    """The record of class `cls` in a JSON object. Raises KeyError or ValueError where the object does not fit."""
    values = {name: read(data[name]) for name, read in _readers(cls) if name in data}  # type: ignore[arg-type]
    missing = _required(cls) - values.keys()  # type: ignore[arg-type]
    if missing:
        raise KeyError(f"{cls.__name__} lacks {sorted(missing)}")
    return cls(**values)
