"""Settings: every key stands in domain/settings.py with type and default; what is stored is its text."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tui_billing.domain.inputs import parse_email, percent_doubts
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.settings import SETTINGS, Setting, SettingSpec, SettingType, TextForm
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.store.repositories import Repository, Transaction

YES = {"true", "ja", "yes", "1", "an", "on"}
NO = {"false", "nein", "no", "0", "aus", "off"}

EXPECTED = {
    SettingType.BOOL: N_("{key} kann nicht {value!r} sein; erwartet: ja oder nein"),
    SettingType.INT: N_("{key} kann nicht {value!r} sein; erwartet: eine ganze Zahl von {low} bis {high}"),
    SettingType.DECIMAL: N_("{key} kann nicht {value!r} sein; erwartet: eine Zahl von {low} bis {high}"),
    SettingType.CHOICE: N_("{key} kann nicht {value!r} sein; erwartet: {expected}"),
    SettingType.TEXT: N_("{key} kann nicht {value!r} sein; erwartet: eine Zeile ohne Steuerzeichen"),
}
EXPECTED_EMAIL = N_("{key} kann nicht {value!r} sein; erwartet: eine E-Mail-Adresse")


def spec(key: str) -> SettingSpec:
    """The setting's type, default and choices. Raises WrongUse for a key that there is not."""
    if key not in SETTINGS:
        text = N_("Die Einstellung {key} gibt es nicht; „settings list“ zeigt alle.")
        raise WrongUse(Problem("EINSTELLUNG_UNBEKANNT", text, {"key": key}, where=key))
    return SETTINGS[key]


def get(store: Repository, key: str) -> str:
    """The stored text, else the default."""
    default = spec(key).default
    found = store.find_one(Setting, "key", key)
    return default if found is None else found.value


def get_bool(store: Repository, key: str) -> bool:
    """A switch."""
    return get(store, key) == "true"


def get_int(store: Repository, key: str) -> int:
    """A whole number."""
    return int(get(store, key))


def get_all(store: Repository) -> dict[str, str]:
    """Every key with its value, in the order of the table."""
    stored = {s.key: s.value for s in store.all(Setting)}
    return {key: stored.get(key, known.default) for key, known in SETTINGS.items()}


def normalised(known: SettingSpec, value: str) -> str:
    """The value as it is stored. Raises WrongUse where it does not fit the type, its bounds or its form."""
    text = value.strip()
    if known.type is SettingType.BOOL and text.lower() in YES | NO:
        return "true" if text.lower() in YES else "false"
    if known.type in (SettingType.INT, SettingType.DECIMAL):
        number = _number(text, whole=known.type is SettingType.INT)
        if number is not None and known.low <= number <= known.high:
            return format(number, "f")
    if known.type is SettingType.CHOICE and text in known.choices:
        return text
    if known.type is SettingType.TEXT and (line := _text(known, value)) is not None:
        return line
    params = {"key": known.key, "value": value, "expected": ", ".join(known.choices), "low": known.low}
    expected = EXPECTED_EMAIL if known.form is TextForm.EMAIL else EXPECTED[known.type]
    raise WrongUse(Problem("EINSTELLUNG_UNGUELTIG", expected, {**params, "high": known.high}, known.key))


def _number(text: str, *, whole: bool) -> Decimal | None:
    """A number without sign; leading zeros fall away."""
    digits = text if whole else text.replace(",", ".").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    return Decimal(text.replace(",", "."))


def _text(known: SettingSpec, value: str) -> str | None:
    if "\0" in value:
        return None
    if known.form is TextForm.ANY:
        return value
    if clean(value) != value:
        return None
    if known.form is TextForm.LINE or not value.strip():
        return value.strip()
    return parse_email(value)[0]


def set_value(desk: Desk, key: str, value: str) -> str:
    """Store one setting, undoable; returns the value as stored."""
    stored = normalised(spec(key), value)
    with desk.store.transaction(f"Einstellung {key}", undoable=True) as tx:
        _put(tx, key, stored)
    return stored


def doubts(key: str, value: str) -> list[Problem]:
    """What to look at in a stored value (F5)."""
    return percent_doubts(Decimal(value)) if spec(key).type is SettingType.DECIMAL else []


def set_values(desk: Desk, values: Mapping[str, str]) -> frozenset[str]:
    """Store several settings in one undoable step; returns the keys whose value is another now."""
    wanted = {key: normalised(spec(key), value) for key, value in values.items()}
    changed = {key: value for key, value in wanted.items() if get(desk.store, key) != value}
    if not changed:
        return frozenset()
    names = ", ".join(changed)
    with desk.store.transaction(f"Einstellungen {names}", undoable=True) as tx:
        for key, value in changed.items():
            _put(tx, key, value)
    return frozenset(changed)


def _put(tx: Transaction, key: str, value: str) -> None:
    current = tx.find_one(Setting, "key", key)
    if current is None:
        tx.insert(Setting(key=key, value=value))
    elif current.value != value:
        tx.put(replace(current, value=value))
