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


def _plain(value: Any, compact: bool) -> Any:
    """Any value inside a record as JSON."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(v, compact) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v, compact) for k, v in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return encode(value, compact=compact)
    raise TypeError(f"cannot store {type(value).__name__}")


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
    for name, may_drop in _names(type(record)):
        value = getattr(record, name)
        if compact and may_drop and not value:
            continue
        out[name] = _plain(value, compact)
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
    values = {name: read(data[name]) for name, read in _readers(cls) if name in data}
    missing = _required(cls) - values.keys()
    if missing:
        raise KeyError(f"{cls.__name__} lacks {sorted(missing)}")
    return cls(**values)
