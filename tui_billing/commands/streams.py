"""stdin, stdout and stderr as they may be: closed, a pipe, or a terminal that knows no umlauts."""

import codecs
import os
import sys

from tui_billing.domain.messages import N_, Problem
from tui_billing.services.errors import WrongUse

ASCII = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "€": "EUR", "§": "Par.",
        "„": '"', "“": '"', "”": '"', "»": '"', "«": '"', "‚": "'", "‘": "'", "’": "'", "–": "-", "—": "-",
        "…": "...", "·": "|", "→": "->", "✓": "+", "✗": "x", "−": "-", "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip
"""What a German writes where a sign is missing."""


def guard() -> None:
    """Nothing that the terminal cannot show, and no closed stream, may end the program."""
    codecs.register_error("spelled", _spelled)
    _fill_descriptors()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="spelled")


def _fill_descriptors() -> None:
    """A closed 0, 1 or 2 would be given to the next file that is opened, and what others print would go into it."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _spelled(error: UnicodeError) -> tuple[str | bytes, int]:
    """The letters that this terminal lacks, spelled out (ae, EUR); what has no spelling is a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    written = "".join(c if c.isascii() else "?" for sign in missing for c in sign.translate(ASCII))
    return written, error.end


def has_terminal() -> bool:
    """Whether the screens can be drawn: Textual reads stdin and draws on stderr (Windows: stdout)."""
    drawn = sys.stdout if os.name == "nt" else sys.stderr
    return sys.stdin.isatty() and drawn.isatty()


def no_terminal() -> WrongUse:
    """Somebody asks for screens where none can be drawn."""
    text = N_("Die Bildschirme brauchen ein Terminal; ohne eines gehen die Befehle, „tui-billing --help“ zeigt sie.")
    return WrongUse(Problem("KEIN_TERMINAL", text))
