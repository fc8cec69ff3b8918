"""The chain of the kept journals: every line hashed, numbered and in its place, up to what was acknowledged."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_
from tui_billing.store import audit
from tui_billing.store.findings import Finding
from tui_billing.store.fsops import FsOps, file_mode
from tui_billing.store.journal import checked_hash, fields_of, ops_of
from tui_billing.store.json_text import BadLine, dump, why_bad
from tui_billing.store.keys import KeyBook
from tui_billing.store.marks import HighWaterMark
from tui_billing.store.state import journal_path, journals

Record = tuple[str, int]


def first_kept(folder: Path) -> int:
    """The transaction with which the kept journals begin, by their names: 1, as long as none is lost."""
    return next((int(path.stem) for path in journals(folder) if path.stem.isdecimal()), 1)


def digest(book: KeyBook, table: str, raw: bytes | None, doc: Any, version: int) -> bytes:
    """A short hash of a document's text as this program has it; None is a deleted one."""
    if raw is not None and version != book.of(table).version:
        raw = dump(book.current(table, doc, version))
    return hashlib.blake2b(raw or b"null", digest_size=12).digest()


@dataclass(slots=True)
class Chain:
    """What the kept journals say: head hash by seq, and the hash of the last text of each record with its seq.

    `complete` where they go back to the beginning and nothing in between is broken. With `hashes_only` the documents
    in the lines are not looked into.
    """

    folder: Path
    book: KeyBook
    findings: list[Finding]
    hashes_only: bool = False
    complete: bool = True
    seq: int = 0
    head: str = ""
    heads: dict[int, str] = field(default_factory=dict)
    last: dict[Record, tuple[bytes, int]] = field(default_factory=dict)
    schema: dict[str, int] = field(default_factory=dict)
    _joined: bool = False
    _begun: bool = False

    def check(self) -> None:
        """Read all journals; what is broken goes into `findings`, the first place first."""
        acknowledged = self._acknowledged()
        paths = journals(self.folder)
        if not paths:
            self.findings.append(Finding("JOURNAL_MISSING", N_("kein Journal vorhanden"), "journal"))
        for path in paths:
            self._check_journal(path, last=path == paths[-1])
        self._check_acknowledged(*acknowledged, f"journal/{paths[-1].name}" if paths else "journal")
        if self.seq and not (acknowledged[0] or self._acknowledged()[0]):  # the first one is written only now
            self._mark_lost(may_be_torn=len(paths) < 2)

    def _mark_lost(self, *, may_be_torn: bool) -> None:
        """A power loss may tear the mark, and before there is a second journal also lose it."""
        mark = self.folder / "journal" / "acknowledged"
        text = N_(
            "die Marke der letzten bestätigten Buchung fehlt; bitte mit „tui-billing audit“ nachsehen, "
            "ob Buchung {seq} die letzte war"
        )
        warning = may_be_torn or (mark.exists() and mark.stat().st_size > 0)
        name = f"journal/{mark.name}"
        self.findings.append(Finding("MARK_LOST", text, name, params={"seq": self.seq}, warning=warning))

    def _acknowledged(self) -> tuple[int, str]:
        mark = HighWaterMark(self.folder / "journal" / "acknowledged", FsOps(), file_mode(self.folder))
        try:
            return mark.read()
        finally:
            mark.close()

    def _check_acknowledged(self, seq: int, head: str, file: str) -> None:
        if not seq or (seq <= self.seq and self.heads.get(seq, head) == head):
            return
        if any(f.code == "JOURNAL_DAMAGED" and f.file == file for f in self.findings):
            return  # that is why
        # What was acknowledged is no torn end: the broken line itself is the first place to look at.
        torn = next((f for f in self.findings if f.code == "JOURNAL_TORN"), None)
        line, byte = (torn.line, torn.byte) if torn else (0, 0)
        index = min(seq, self.seq + 1)
        text = N_("die bestätigte Buchung {seq} fehlt oder ist verändert")
        self.findings.append(Finding("ACKNOWLEDGED_MISSING", text, file, line, byte, {"seq": seq}, index=index))

    def _check_journal(self, path: Path, *, last: bool) -> None:
        name, sealed, number = f"journal/{path.name}", False, 0
        for number, (offset, line, complete) in enumerate(audit.raw_lines(path), start=1):
            try:
                if not complete:
                    raise BadLine(N_("unvollständig"))
                fields = fields_of(line)
                if number == 1 and not self._joined:
                    self._join(fields)
                text = checked_hash(self.head, line)
                if sealed:
                    raise BadLine(N_("nach dem Siegel steht noch etwas"))
                sealed = self._take(fields, line, text, number)
            except (BadLine, LookupError, ValueError, StopIteration) as error:
                at_end = last and (not complete or offset + len(line) + 1 >= path.stat().st_size)
                self._broken(name, number, offset, error, at_end=at_end)
                return
        if not sealed and not last:
            text = N_("das Journal ist nicht abgeschlossen, es folgt aber eines")
            self.findings.append(Finding("JOURNAL_UNSEALED", text, name, number))

    def _join(self, fields: dict[str, Any]) -> None:
        """Begin with this journal: what lies before it is missing, or broken and has been reported."""
        self.complete = self.complete and fields["carry"] == 0
        self.seq, self.head = fields["carry"], fields["prev"]
        self.heads[self.seq] = self.head
        self._joined = True

    def _begin(self, carry: int) -> None:
        """The first journal that is kept begins with the first transaction: none is ever thrown away."""
        if not self._begun and carry:
            text = N_(
                "das Journal fehlt, mit ihm das Protokoll der Buchungen 1 bis {last}; "
                "bitte aus einer Datensicherung zurücklegen"
            )
            first = f"journal/{journal_path(self.folder, 1).name}"
            self.findings.append(Finding("JOURNAL_LOST", text, first, params={"last": carry}, index=1))
        self._begun = True

    def _broken(self, name: str, number: int, offset: int, error: Exception, *, at_end: bool) -> None:
        code, text = "JOURNAL_DAMAGED", N_("{why}; lesbar bis Buchung {seq}")
        if at_end:
            code = "JOURNAL_TORN"
            text = N_("unvollständiges Ende; es wird beim nächsten Schreiben abgetrennt und aufgehoben")
        params = {"why": why_bad(error), "seq": self.seq}
        self.findings.append(Finding(code, text, name, number, offset, params, warning=at_end, index=self.seq + 1))
        self.complete = self.complete and at_end
        self._joined, self._begun = False, True

    def _take(self, fields: dict[str, Any], line: bytes, text: str, number: int) -> bool:
        """Take in a sound line; returns whether it is the seal."""
        if "carry" in fields:
            if number != 1 or fields["carry"] != self.seq or fields["prev"] != self.head:
                raise BadLine(N_("die erste Zeile folgt nicht auf das Journal davor"))
            self.schema = fields.get("schema", {})
            self._begin(fields["carry"])
        elif "seal" in fields:
            if fields["seal"] != self.seq:
                raise BadLine(N_("das Siegel nennt eine andere Buchung"))
            return True
        else:
            if fields["seq"] != self.seq + 1:
                raise BadLine(N_("die Nummer folgt nicht auf die vorige"))
            self.seq, self.head = fields["seq"], text
            self.heads[self.seq] = text
        for op in () if self.hashes_only else ops_of(line):
            version = self.schema.get(op.table, 1)
            found = digest(self.book, op.table, op.raw, op.doc, version)
            self.last[op.table, op.record_id] = (found, self.seq)
        return False
