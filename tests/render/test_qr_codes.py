"""The own QR codes are segno's, module by module."""

from typing import Any
from unittest.mock import patch

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.render import qr


def padded(buffer: Any, version: int | None, length: int) -> None:
    """As the standard has it (7.4.10); segno 1.6.6 adds a whole zero byte where none is missing, which readers skip."""
    buffer.extend([0] * (-length % 8))


def reference(text: str) -> list[list[int]]:
    with patch.object(segno.encoder, "write_padding_bits", padded):
        code = segno.make(text, error="M", micro=False, boost_error=False, encoding="utf-8", mode="byte", mask=qr.MASK)
    return [[module & 1 for module in row] for row in code.matrix]


@pytest.mark.parametrize(
    "length", [1, 13, 14, 15, 26, 27, 42, 62, 63, 84, 106, 107, 122, 152, 180, 181, 213, 251, 287, 331]
)
def test_each_version_equals_segnos(length: int) -> None:
    text = ("BCD\n002\n1\nSCT\nMuster GmbH 0123456789 " * 12)[:length]
    assert qr.matrix(text) == reference(text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=80))
def test_any_text_equals_segnos(text: str) -> None:
    assert qr.matrix(text) == reference(text)


def test_a_text_beyond_version_13_is_refused() -> None:
    with pytest.raises(qr.TooLong):
        qr.matrix("x" * 332)
