"""The bytes of an import file as text: UTF-8, else Windows-1252; what is neither is refused, never half read."""

import codecs
import re

from tui_billing.domain.messages import N_, Problem

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_8_UMLAUT = re.compile(rb"\xc3[\x80-\xbf]")
"""ä ö ü ß and most accents in UTF-8; in Windows-1252 it would be Ã and a sign that no word has behind it."""


def decoded(data: bytes) -> tuple[str, Problem | None]:
    """The text, or the problem that says with its line where the encoding breaks."""
    if data.startswith(_UTF_16):
        text = N_("Die Datei ist in UTF-16 gespeichert; bitte als „CSV UTF-8“ speichern.")
        return "", Problem("ZEICHENSATZ", text)
    if b"\0" in data:
        return "", Problem("KEINE_TEXTDATEI", N_("Die Datei ist keine CSV-Datei (sie enthält Nullbytes)."))
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        if mixed := _UTF_8_UMLAUT.search(data):
            return "", _mixed(data, mixed.start(), error.start)
    try:
        return data.decode("cp1252"), None
    except UnicodeDecodeError as error:
        text = N_(
            "Das Zeichen mit dem Code {byte} gibt es weder in UTF-8 noch in Windows-1252; "
            "bitte die Datei als „CSV UTF-8“ speichern."
        )
        return "", Problem("ZEICHENSATZ", text, {"byte": data[error.start]}, f"Zeile {_line(data, error.start)}")


def _mixed(data: bytes, umlaut: int, broken: int) -> Problem:
    text = N_("Die Datei mischt Zeichensätze: Zeile {line} ist in UTF-8, diese nicht. Bitte als „CSV UTF-8“ speichern.")
    return Problem("ZEICHENSATZ", text, {"line": _line(data, umlaut)}, f"Zeile {_line(data, broken)}")


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1
