"""Settings: every key stands in domain/settings.py with type and default; what is stored is its text."""

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.settings import SETTINGS, Setting, SettingSpec, SettingType
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.store.repositories import Repository

YES = {"true", "ja", "yes", "1", "an", "on"}
NO = {"false", "nein", "no", "0", "aus", "off"}


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
    """The value as it is stored. Raises WrongUse where it does not fit the type."""
    text = value.strip()
    if known.type is SettingType.BOOL and text.lower() in YES | NO:
        return "true" if text.lower() in YES else "false"
    if known.type is SettingType.INT and text.isascii() and text.isdigit() and len(text) < 10:
        return str(int(text))
    if known.type is SettingType.DECIMAL:
        number = text.replace(",", ".")
        try:
            if number.replace(".", "", 1).isdigit() and number.isascii():
                return format(Decimal(number), "f")
        except InvalidOperation:
            pass
    if known.type is SettingType.CHOICE and text in known.choices:
        return text
    if known.type is SettingType.TEXT and "\0" not in value:
        return value
    expected = ", ".join(known.choices) or known.type.value
    message = N_("{key} kann nicht {value!r} sein; erwartet: {expected}")
    raise WrongUse(
        Problem("EINSTELLUNG_UNGUELTIG", message, {"key": known.key, "value": value, "expected": expected}, known.key)
    )


def set_value(desk: Desk, key: str, value: str) -> str:
    """Store one setting, undoable; returns the value as stored."""
    stored = normalised(spec(key), value)
    with desk.store.transaction(f"Einstellung {key}", undoable=True) as tx:
        current = tx.find_one(Setting, "key", key)
        if current is None:
            tx.insert(Setting(key=key, value=stored))
        elif current.value != stored:
            tx.put(replace(current, value=stored))
    return stored
