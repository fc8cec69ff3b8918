"""The report of a broken place: file, line, byte, what is wrong, and how what is left can be saved."""

from tui_billing.domain.messages import N_, Clause, Term
from tui_billing.store.engine import Damaged


def damaged(file: str, line: int, why: str, byte: int | None = None) -> Damaged:
    """The report that names a place. `why` is a German message id, or a Clause where it has places to fill."""
    place = Clause(N_("{file}, Zeile {line}"), file=file, line=line)
    if byte is not None:
        place = Clause(N_("{file}, Zeile {line} (Byte {byte})"), file=file, line=line, byte=byte)
    text = N_("{place}: {why}. Was lesbar ist, rettet „tui-billing restore --rescue“.")
    return Damaged(text, place=place, why=term(why), file=file, line=line, byte=byte)


def term(text: str) -> Term:
    """A message id as a parameter that is translated when it is shown."""
    return text if isinstance(text, Term) else Term(text)
