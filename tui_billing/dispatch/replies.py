"""What a reply means at each step of an SMTP session: the one table of policy (facts from real servers, RFC 5321 4.2).

Before the final dot a failure is surely unsent (deferred); after it only a clear reply is an answer, all else unknown.
"""

import re
from enum import StrEnum

from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.domain.runs import RowState
from tui_billing.domain.texts import clean

REST_SECONDS = 60
LONGEST_REST = 900
SAME_REPLY_LIMIT = 3
LONGEST_REPLY = 400


class Step(StrEnum):
    """Where in the session; the names stand in replies that the clerk reads."""

    CONNECT = "Verbindung"
    GREETING = "Begrüßung"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    ARCHIVE = "RCPT Archiv"
    DATA = "DATA"
    CONTENT = "Inhalt"
    DOT = "Punkt"


SESSION_STEPS = frozenset({Step.CONNECT, Step.GREETING, Step.EHLO, Step.STARTTLS, Step.AUTH})
"""Steps that concern no single mail: whatever fails here would fail the next mail as well."""

THROTTLED = frozenset({421, 432, 454})
LIMIT_WORDS = re.compile(r"\b(?:limit\w*|too (?:many|much)|rate|throttl\w*)\b", re.IGNORECASE)
MAILBOX = re.compile(r"4\.2\.[0-9]")
"""Enhanced codes about the receiver's mailbox (RFC 3463): a full one is no reason to rest."""


def is_throttled(code: int, words: str) -> bool:
    """421, 432, 454, or a 45x that speaks of a limit: the server asks to slow down."""
    about_limits = LIMIT_WORDS.search(words) is not None and MAILBOX.match(words) is None
    return code in THROTTLED or (code in (450, 451, 452) and about_limits)


def shown(words: bytes | str) -> str:
    """The server's words as one harmless line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(clean(text.replace("\n", " ")).split())[:LONGEST_REPLY]


def judge(step: Step, code: int, words: bytes | str) -> Outcome:
    """The outcome of a reply that is not the hoped-for one, or of any reply to the final dot."""
    reply = shown(words)
    if step is Step.ARCHIVE:
        reply = f"{reply} ({step})"  # it is not the customer's address
    if step is Step.DOT and 200 <= code < 300:
        return Outcome(RowState.SENT, reply, code)
    if 400 <= code < 500:
        if is_throttled(code, reply) or step in SESSION_STEPS:
            return Outcome(RowState.DEFERRED, reply, code, Pace.REST, REST_SECONDS)
        return Outcome(RowState.DEFERRED, reply, code)
    if 500 <= code < 600:
        return _refused(step, code, reply)
    return garbled(step, reply, code)


def _refused(step: Step, code: int, reply: str) -> Outcome:
    if step in (Step.RCPT, Step.DATA, Step.CONTENT, Step.DOT) or (step is Step.MAIL and code == 552):
        return Outcome(RowState.REFUSED, reply, code)  # 552 at MAIL: this mail is too large (RFC 1870 6.1)
    return Outcome(RowState.DEFERRED, reply, code, Pace.STOP)


def garbled(step: Step, reply: str, code: int = 0) -> Outcome:
    """A reply that is no reply, or one that does not belong here."""
    if step is Step.DOT:
        return Outcome(RowState.UNKNOWN, shown(f"Antwort unverständlich: {reply}"), code)
    pace = Pace.STOP if step in SESSION_STEPS else Pace.GO_ON
    return Outcome(RowState.DEFERRED, shown(f"Antwort unverständlich ({step}): {reply}"), code, pace)


def lost(step: Step, why: str, *, was_good: bool = False) -> Outcome:
    """The connection broke or the server kept silent. `was_good`: this server has taken mails in this session."""
    words = shown(f"{why} ({step})")
    if step is Step.DOT:
        return Outcome(RowState.UNKNOWN, words)
    if step in (Step.STARTTLS, Step.AUTH):
        return Outcome(RowState.DEFERRED, words, 0, Pace.STOP)
    if step in SESSION_STEPS:
        return Outcome(RowState.DEFERRED, words, 0, *((Pace.REST, REST_SECONDS) if was_good else (Pace.STOP, 0)))
    return Outcome(RowState.DEFERRED, words)
