"""The terminal driver that survives a badly set terminal: a byte that is no UTF-8 is read as Latin-1.

Textual's own driver ends the app at the first such byte (upstream issue 6456).
"""

import codecs
import os
import selectors

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

FIRST_LETTER = 0xA0
READ_SIZE = 4096


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    """The letter that a PuTTY set to Latin-1 meant; what would be a control character becomes a replacement sign."""
    assert isinstance(error, UnicodeDecodeError)
    text = "".join(chr(b) if b >= FIRST_LETTER else "\ufffd" for b in error.object[error.start : error.end])
    return text, error.end


codecs.register_error("tui_billing_latin1", _as_latin1)


class PatientDriver(LinuxDriver):
    """LinuxDriver whose input is decoded without ever raising."""

    def run_input_thread(self) -> None:
        """Read the keyboard until the app ends; as upstream but for the decoder."""
        selector = selectors.SelectSelector()
        selector.register(self.fileno, selectors.EVENT_READ)
        parser = XTermParser(self._debug)
        decoder = codecs.getincrementaldecoder("utf-8")("tui_billing_latin1")
        try:
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    data = os.read(self.fileno, READ_SIZE)
                    if not data:
                        # The terminal is gone and SIGHUP may never come (stdin was a pipe).
                        self._app.call_later(self._app.exit)
                        break
                    for event in parser.feed(decoder.decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
        except OSError:
            self._app.call_later(self._app.exit)
        finally:
            selector.close()
            try:
                for _event in parser.feed(""):
                    pass
            except (EOFError, ParseError):
                pass
