"""smtplib with deadlines over whole replies, one attempt at a password, and the final dot apart from the content."""

import base64
import contextlib
import hashlib
import hmac
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

REPLY_LINE = re.compile(rb"[0-9]{3}(?:[ -].*)?", re.DOTALL)
LONGEST_REPLY = 65536


class Garbled(Exception):
    """The server's answer is not an SMTP reply; carries its bytes."""

    def __init__(self, line: bytes) -> None:
        super().__init__(line)
        self.line = line[:200]


class TooSlow(Exception):
    """The deadline of a whole reply or command has passed."""


class Client(smtplib.SMTP):
    """One connection. `tls` wraps it from the start; `begin(seconds)` sets the deadline for what follows."""

    def __init__(self, timeout: float, tls: ssl.SSLContext | None = None) -> None:
        self._buffer = bytearray()
        self._until = monotonic() + timeout
        self._tls = tls
        self.tls_handshake: Callable[[], None] = lambda: None
        self.connected: Callable[[], None] = lambda: None
        host = socket.gethostname()
        super().__init__(timeout=timeout, local_hostname=host if "." in host else "[127.0.0.1]")

    def begin(self, seconds: float) -> None:
        """All that is sent and read from here on must be done in so many seconds."""
        self._until = monotonic() + seconds

    def _left(self) -> float:
        left = self._until - monotonic()
        if left <= 0:
            raise TooSlow
        return left

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        sock = socket.create_connection((host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            self.tls_handshake()
            try:
                sock = self._tls.wrap_socket(sock, server_hostname=host)
            except BaseException:
                sock.close()
                raise
        self.connected()
        return sock

    def starttls_now(self, context: ssl.SSLContext, server_name: str) -> None:
        """Change to TLS after a 220; what came in plain text behind that reply is an attack (CVE-2011-0411)."""
        if self._buffer:
            raise Garbled(bytes(self._buffer))
        assert self.sock is not None
        self.sock.settimeout(self._left())
        self.sock = context.wrap_socket(self.sock, server_hostname=server_name)
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def send(self, s: Any) -> None:
        """Write all before the deadline."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        self.sock.settimeout(self._left())
        try:
            self.sock.sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)
        except TimeoutError as error:
            raise TooSlow from error

    def _receive(self) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        self.sock.settimeout(self._left())
        try:
            data = self.sock.recv(8192)
        except TimeoutError as error:
            raise TooSlow from error
        if not data:
            raise smtplib.SMTPServerDisconnected
        self._buffer += data
        if len(self._buffer) > LONGEST_REPLY:
            raise Garbled(bytes(self._buffer[:80]))

    def getreply(self) -> tuple[int, bytes]:
        """Code and words of one reply, lines joined by newlines. Raises Garbled, TooSlow, SMTPServerDisconnected."""
        words: list[bytes] = []
        while True:
            while (end := self._buffer.find(b"\n")) < 0:
                self._receive()
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            if not REPLY_LINE.fullmatch(line) or len(words) > 200:
                raise Garbled(line)
            words.append(line[4:])
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(words)

    def early_reply(self) -> bool:
        """Whether the server has said something unasked, or hung up (raises SMTPServerDisconnected)."""
        if self._buffer:
            return True
        assert self.sock is not None
        self.sock.settimeout(0)
        try:
            data = self.sock.recv(8192)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        if not data:
            raise smtplib.SMTPServerDisconnected
        self._buffer += data
        return True

    def authenticate(self, user: str, password: str) -> tuple[int, bytes]:
        """One attempt with the first mechanism that both sides know; (504, …) where there is none.

        A server that repeats what it was sent must not bring the password into a reply that is kept.
        """
        try:
            code, words = self._authenticate(user, password)
        except Garbled:
            raise Garbled(b"") from None
        for secret in (_b64(f"\0{user}\0{password}"), _b64(password), password):
            words = words.replace(secret.encode(), b"***") if secret else words
        return code, words

    def _authenticate(self, user: str, password: str) -> tuple[int, bytes]:
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            return self.docmd("AUTH", "PLAIN " + _b64(f"\0{user}\0{password}"))
        if "LOGIN" in offered:
            code, words = self.docmd("AUTH", "LOGIN " + _b64(user))
            return self.docmd(_b64(password)) if code == 334 else (code, words)
        if "CRAM-MD5" in offered:
            code, words = self.docmd("AUTH", "CRAM-MD5")
            if code != 334:
                return code, words
            digest = hmac.new(password.encode(), base64.b64decode(words), hashlib.md5).hexdigest()
            return self.docmd(_b64(f"{user} {digest}"))
        return 504, b"Der Server bietet keine bekannte Anmeldung an"

    def abandon(self) -> None:
        """Close without a word, so that content without its dot is thrown away by the server."""
        self._buffer.clear()
        with contextlib.suppress(Exception):
            self.close()


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
