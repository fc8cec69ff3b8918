"""Foreign text made harmless: for the terminal and paper, for filters and sorting, and for spreadsheets."""

import re
import unicodedata

_SPACES = re.compile("[\r\n\t\v\f\x85\u2028\u2029]+")
_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
_PLAIN = re.compile(r"[ -~\xa0-\xac\xae-\u02ff€–—‚‘’„“”…]*", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*-?", re.ASCII)
_JOINERS = "\u200c\u200d"
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"}
)


def clean(text: str) -> str:
    """One line without control characters (ESC too), bidi overrides and invisible signs; line ends become blanks."""
    if _PLAIN.fullmatch(text):
        return text
    return _visible(_SPACES.sub(" ", text))


def clean_block(text: str) -> str:
    """Like clean, with line ends kept as \\n and tabs as a blank."""
    if _PLAIN.fullmatch(text):
        return text
    return "\n".join(_visible(line.replace("\t", " ")) for line in _LINE_ENDS.split(text))


def _visible(text: str) -> str:
    """Without the categories Cc, Cf and Cs; composed, so that a decomposed ü is found and printed as one sign."""
    kept = (c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in _JOINERS)
    return unicodedata.normalize("NFC", "".join(kept))


def fold(text: str) -> str:
    """Lower case, umlauts as ae oe ue ss (DIN 5007-2), accents dropped: for filters and sorting."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    lowered = unicodedata.normalize("NFC", lowered).translate(_FOLDED)
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))


def csv_cell(text: str) -> str:
    """A text cell that no spreadsheet runs as a formula: a leading ' before = + - @ and control characters."""
    if text[:1] and (text[0] in "\t\r\n" or text.lstrip()[:1] in tuple("=+-@＝＋－＠")) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
