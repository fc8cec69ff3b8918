"""Bring the English catalogue in step with the source: `python scripts/catalogue.py` (needs babel).

Extracts every `_`, `N_` and `ngettext` text, keeps the translations in en/LC_MESSAGES/tui_billing.po and compiles
the .mo beside it. Prints what has no translation yet; exit code 1 where something is missing.
"""

import ast
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tui_billing"
PO = PACKAGE / "locale/en/LC_MESSAGES/tui_billing.po"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """All German texts of the source, without line numbers so that moved code changes nothing here."""
    template = Catalog(project="tui-billing", charset="utf-8")
    found = extract_from_dir(str(PACKAGE), [("**.py", "python")], keywords=KEYWORDS)
    for file, _line, message, _comments, context in found:
        if message and message != ("", ""):
            template.add(message, locations=[(file, 0)], context=context)
    for path in sorted(PACKAGE.rglob("*.py")):
        for message in in_f_strings(path.read_text(encoding="utf-8")):
            template.add(message, locations=[(str(path.relative_to(PACKAGE)), 0)])
    return template


def in_f_strings(source: str) -> list[str | tuple[str, str]]:
    """The texts of calls inside f-strings: to Babel an f-string is one token, it does not look into it."""
    found: list[str | tuple[str, str]] = []
    strings = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    for call in (node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in ("_", "N_") and texts:
            found.append(texts[0])
        elif name == "ngettext" and len(texts) > 1:
            found.append((texts[0], texts[1]))
    return found


def catalogue() -> Catalog:
    """The English catalogue as it stands in the file, or an empty one."""
    if not PO.exists():
        return Catalog(locale="en", project="tui-billing", charset="utf-8")
    with PO.open("rb") as handle:
        return read_po(handle, locale="en")


def untranslated(source: Catalog, english: Catalog) -> list[str]:
    """German texts without an English one, or with other places to fill than the German."""
    missing = []
    for message in source:
        if not message.id:
            continue
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        known = english.get(key)
        texts = known.string if known and isinstance(known.string, (tuple, list)) else [known.string if known else ""]
        if not texts or not all(texts) or (known and known.fuzzy):
            missing.append(key)
    return missing


def compiled(english: Catalog) -> bytes:
    """The bytes of the .mo file."""
    out = io.BytesIO()
    write_mo(out, english)
    return out.getvalue()


def main() -> int:
    """Update, compile, report."""
    source, english = extracted(), catalogue()
    english.update(source, no_fuzzy_matching=True)
    english.obsolete.clear()
    PO.parent.mkdir(parents=True, exist_ok=True)
    english.revision_date = english.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    english.header_comment = "# English texts of tui-billing; made by scripts/catalogue.py, translated by hand."
    english.fuzzy = False
    with PO.open("wb") as handle:
        write_po(handle, english, sort_output=True, no_location=True, omit_header=False, width=118)
    PO.with_suffix(".mo").write_bytes(compiled(english))
    missing = untranslated(source, english)
    for text in missing:
        print(text)
    print(f"{len(list(source))} texts, {len(missing)} without English", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
