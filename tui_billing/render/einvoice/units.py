"""Units as clerks write them -> UN/ECE Recommendation 20 codes (BT-130)."""

from tui_billing.domain.texts import fold

DEFAULT_CODE = "C62"
"""One: for a unit without a code of its own."""

_WORDS = {
    "H87": "stueck stck stk st pc pcs piece pieces ea",
    "HUR": "stunde stunden std h hour hours hrs",
    "MIN": "minute minuten min minutes",
    "DAY": "tag tage day days manntag personentag pt",
    "WEE": "woche wochen week weeks",
    "MON": "monat monate mon month months",
    "QAN": "quartal quartale quarter",
    "ANN": "jahr jahre year years",
    "KGM": "kg kilogramm kilogram",
    "GRM": "g gramm gram",
    "TNE": "t tonne tonnen",
    "MTR": "m meter lfm",
    "CMT": "cm",
    "MMT": "mm",
    "KMT": "km kilometer",
    "MTK": "m2 m² qm",
    "MTQ": "m3 m³ cbm",
    "LTR": "l liter litre",
    "MLT": "ml",
    "HLT": "hl",
    "KWH": "kwh",
    "MWH": "mwh",
    "KWT": "kw",
    "LS": "pauschal pauschale psch flat",
    "P1": "% prozent percent",
    "SET": "satz set",
    "PR": "paar pair",
    "XPK": "paket pack packung pkg",
    "XBX": "karton box kiste",
    "XPX": "palette pallet",
    "XRO": "rolle roll",
    "XSA": "sack",
    "XBO": "flasche bottle",
    "C62": "einheit unit lizenz nutzer user lizenzen",
    "E49": "arbeitstag",
    "4L": "mb",
    "E34": "gb",
    "E35": "tb",
}
UNIT_CODES = {word: code for code, words in _WORDS.items() for word in words.split()}


def unit_code(unit: str) -> str:
    """The code of a unit; a code that is written as such stays, an unknown word is C62."""
    typed = unit.strip()
    if typed in _WORDS:
        return typed
    return UNIT_CODES.get(fold(typed).rstrip("."), UNIT_CODES.get(typed.lower().rstrip("."), DEFAULT_CODE))
