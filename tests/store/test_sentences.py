"""Every sentence of the store is marked for the catalogue, so that a clerk reads it in his own language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_billing import i18n
from tui_billing.domain.messages import N_, Clause, Term
from tui_billing.i18n import say
from tui_billing.services.errors import problems_of
from tui_billing.services.maintenance import problem_of
from tui_billing.store.damage import damaged
from tui_billing.store.findings import Finding

STORE = Path(__file__).parents[2] / "tui_billing/store"
GERMAN = re.compile(r"[äöüÄÖÜß„“]|\b(?:der|die|das|ist|nicht|kein|keine|hat|wird|steht|fehlt|und|bei|zu)\b")
SAID = {"StoreError", "Busy", "Damaged", "ReadOnly", "NotWritten", "BadLine", "damaged", "damage", "_damage"}
SAID |= {"Clause", "Finding", "add"}
IN_THE_TRAIL = {"Rückgängig: "}
"""Texts of the audit trail: they are data."""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """(name, call) of everything that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def literal(text: ast.JoinedStr) -> list[ast.Constant]:
    """The parts of an f-string that stand as they are."""
    return [v for v in text.values if isinstance(v, ast.Constant)]


def unmarked(source: str) -> list[str]:
    """German texts outside N_(), and sentences that are built where nobody can translate them."""
    tree = ast.parse(source)
    marked = {id(c) for name, call in calls(tree) if name == "N_" for c in ast.walk(call)}
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in marked | docs else None
        if isinstance(text, str) and GERMAN.search(text) and text not in IN_THE_TRAIL:
            found.append(text)
    for name, call in calls(tree):
        if name in SAID:
            built = [a for a in call.args if isinstance(a, ast.JoinedStr)]
            found += [ast.unparse(a) for a in built if any(" " in v.value for v in literal(a))]
    return found


@pytest.mark.parametrize("path", sorted(STORE.glob("*.py")), ids=lambda p: p.stem)
def test_every_german_sentence_of_the_store_is_marked_for_the_catalogue(path: Path) -> None:
    assert unmarked(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('raise Busy("In Arbeit bei {holder}")', "In Arbeit bei {holder}"),
        ('text = "die Datei fehlt"', "die Datei fehlt"),
        ('damaged("f", 1, f"no line {n}")', "f'no line {n}'"),
        ('raise Busy(N_("In Arbeit bei {holder}"))', ""),
    ],
)
def test_the_test_finds_a_sentence_that_was_forgotten(source: str, text: str) -> None:
    assert unmarked(source) == ([text] if text else [])


@pytest.fixture
def english() -> Iterator[None]:
    """The English catalogue, and German again."""
    i18n.use_language("en")
    yield
    i18n.use_language("de")


DAMAGE = Clause(N_("{why}; lesbar bis Buchung {seq}"), why=Term(N_("die Prüfsumme passt nicht")), seq=4)


def test_damage_names_place_reason_what_is_readable_and_the_command_that_saves_it() -> None:
    assert str(damaged("journal/000000000001.jsonl", 7, DAMAGE, 4711)) == (
        "journal/000000000001.jsonl, Zeile 7 (Byte 4711): die Prüfsumme passt nicht; lesbar bis Buchung 4. "
        "Was lesbar ist, rettet „tui-billing restore --rescue“."
    )


@pytest.mark.usefixtures("english")
def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    (problem,) = problems_of(damaged("journal/000000000001.jsonl", 7, DAMAGE, 4711))
    assert say(problem) == (
        "journal/000000000001.jsonl, line 7 (byte 4711): the checksum does not match; readable up to transaction 4. "
        "“tui-billing restore --rescue” saves what can be read."
    )
    finding = Finding("JOURNAL_DAMAGED", DAMAGE.text, "journal/x", 7, 4711, DAMAGE.params)
    assert say(problem_of(finding)) == (
        "journal/x, line 7 (byte 4711): the checksum does not match; readable up to transaction 4"
    )
