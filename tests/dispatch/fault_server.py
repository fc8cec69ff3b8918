"""An SMTP server that does wrong what it is told: at a named step it drops, keeps silent, talks nonsense or refuses.

    with FaultServer({"rcpt": "550 5.1.1 no such user"}) as server: … server.port, server.stored

Steps: greeting, ehlo, starttls, handshake, auth, mail, rcpt, data, content, dot (nothing stored), stored (stored
first), rset. Faults: "drop", "silence", "garble", "dribble" (one byte at a time, without an end), or a reply. A list
is used up one connection (greeting, ehlo, starttls, handshake, auth) or one command after the other; its last element
"ok" is the rule where it is short. A fault may be a function of the line, so that a recipient decides.
"""

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Fault = str | Callable[[bytes], str]

DEFAULTS = {
    "greeting": "220 fault.example ESMTP",
    "starttls": "220 go ahead",
    "auth": "235 welcome",
    "mail": "250 sender ok",
    "rcpt": "250 recipient ok",
    "data": "354 go on",
    "dot": "250 2.0.0 Ok: queued as 4F1B2",
    "rset": "250 reset",
}


class Hangup(Exception):
    """This connection ends here."""


@dataclass
class Stored:
    """A mail that the server has taken."""

    sender: str
    recipients: list[str]
    data: bytes


@dataclass
class FaultServer:
    """Threads over plain sockets; `stored` are the mails taken, `log` every command with the connection's number."""

    faults: dict[str, Fault | list[Fault]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    tls_from_start: bool = False
    features: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8")
    users: dict[str, str] = field(default_factory=dict)
    stored: list[Stored] = field(default_factory=list)
    log: list[tuple[int, str]] = field(default_factory=list)

    def __enter__(self) -> "FaultServer":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        self._silent = threading.Event()
        self._lock = threading.Lock()
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._silent.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            Session(self, sock, number).run()
        except (Hangup, OSError, ValueError):
            pass

    def fault(self, step: str, line: bytes = b"") -> str:
        """What goes wrong now at this step, or "" for nothing."""
        with self._lock:
            wanted = self.faults.get(step, "")
            if isinstance(wanted, list):
                wanted = wanted.pop(0) if wanted else ""
        chosen = wanted(line) if callable(wanted) else wanted
        return "" if chosen == "ok" else chosen

    def wait_silently(self) -> None:
        """Until the test ends."""
        self._silent.wait(30)


class Session:
    """One connection."""

    def __init__(self, server: FaultServer, sock: socket.socket, number: int) -> None:
        self.server, self.sock, self.number = server, sock, number
        self.buffer = b""
        self.sender = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        try:
            if self.server.tls_from_start:
                self._wrap()
            self.answer("greeting")
            while True:
                self._command(self._line())
        finally:
            self.sock.close()

    def _wrap(self) -> None:
        fault = self.server.fault("handshake")
        if fault == "drop":
            raise Hangup
        if fault == "silence":
            self.server.wait_silently()
            raise Hangup
        if fault == "garble":
            self.sock.sendall(b"\x00\x01nonsense")
            raise Hangup
        assert self.server.tls is not None
        self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise Hangup
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def send(self, text: str) -> None:
        self.sock.sendall(text.encode() + b"\r\n")

    def answer(self, step: str, line: bytes = b"", default: str = "", fault: str = "") -> bool:
        """Reply at this step, or do what is wrong there; whether the reply was the good one."""
        fault = fault or self.server.fault(step, line)
        if fault == "drop":
            raise Hangup
        if fault == "silence":
            self.server.wait_silently()
            raise Hangup
        if fault == "dribble":
            while not self.server._silent.wait(0.05):
                self.sock.sendall(b"2")
            raise Hangup
        if fault == "garble":
            self.sock.sendall(b"\xff\xfe\x00what?\r\n")
            return False
        self.send(fault or default or DEFAULTS[step])
        if fault.startswith("421"):
            raise Hangup
        return not fault or fault[0] in "23"

    def _command(self, line: bytes) -> None:
        self.server.log.append((self.number, line.decode("utf-8", "replace")))
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._ehlo()
        elif verb == b"STAR":
            if self.answer("starttls"):
                self._wrap()
        elif verb == b"AUTH":
            self._auth(line)
        elif verb == b"MAIL":
            if self.answer("mail", line):
                self.sender, self.recipients = _address(line), []
        elif verb == b"RCPT":
            if self.answer("rcpt", line):
                self.recipients.append(_address(line))
        elif verb == b"DATA":
            if self.answer("data"):
                self._content()
        elif verb == b"RSET":
            self.recipients = []
            self.answer("rset")
        elif verb == b"QUIT":
            self.send("221 bye")
            raise Hangup
        else:
            self.send("502 what?")

    def _ehlo(self) -> None:
        words = ["fault.example", *self.server.features]
        if self.server.tls is not None and not isinstance(self.sock, ssl.SSLSocket):
            words.append("STARTTLS")
        if self.server.users:
            words.append("AUTH PLAIN LOGIN")
        lines = [f"250-{w}" for w in words[:-1]] + [f"250 {words[-1]}"]
        self.answer("ehlo", default="\r\n".join(lines))

    def _auth(self, line: bytes) -> None:
        _, user, password = base64.b64decode(line.split()[-1]).decode().split("\0")
        right = self.server.users.get(user) == password
        self.answer("auth", default="" if right else "535 5.7.8 authentication failed")

    def _content(self) -> None:
        fault = self.server.fault("content")
        if fault == "drop":
            self.sock.recv(1000)
            raise Hangup
        if fault == "silence":
            self.server.wait_silently()
            raise Hangup
        if fault:
            self.sock.recv(1000)
            self.sock.sendall(b"\xffwhat?\r\n" if fault == "garble" else fault.encode() + b"\r\n")
        while b"\r\n.\r\n" not in self.buffer:
            data = self.sock.recv(1 << 20)
            if not data:
                raise Hangup
            self.buffer += data
        data, _, self.buffer = self.buffer.partition(b"\r\n.\r\n")
        if not fault:
            self._dot(data)

    def _dot(self, data: bytes) -> None:
        stored = Stored(self.sender, list(self.recipients), data.replace(b"\r\n..", b"\r\n.") + b"\r\n")
        fault = self.server.fault("stored")
        reply = fault or self.server.fault("dot") or DEFAULTS["dot"]
        # Stored before the reply is sent: whoever has the reply finds the mail.
        if fault or reply[0] in "23":
            self.server.stored.append(stored)
        self.answer("dot", fault=reply)


def _address(line: bytes) -> str:
    return line.split(b"<", 1)[1].split(b">", 1)[0].decode()
