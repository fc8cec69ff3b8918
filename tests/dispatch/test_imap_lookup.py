"""The look-up of a Message-ID in an archive mailbox: found, not found, or not to be known; never an exception."""

import socket
import threading
from base64 import b64decode
from collections.abc import Callable

import pytest
from certificates import server_context, trusting

from tui_billing.dispatch.imap_lookup import ImapArchive, ImapProfile, parse_url
from tui_billing.dispatch.passwords import NoPassword
from tui_billing.dispatch.port import Lookup

ID = "<a1.7.1@muster.example>"
ANSWERS = {
    "LOGIN": "OK in",
    "AUTHENTICATE": "OK in",
    "EXAMINE": "OK [READ-ONLY] there",
    "UID": "OK done",
    "LOGOUT": "OK bye",
}


class ImapServer:
    """Answers each verb as told; `hits` is what the search finds; `lines` are the commands it saw."""

    def __init__(self, hits: str = "", tls: bool = True, **answers: str) -> None:
        self.hits, self.tls, self.answers = hits, tls, {**ANSWERS, **answers}
        self.lines: list[str] = []

    def __enter__(self) -> "ImapServer":
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self) -> None:
        try:
            sock, _ = self.listener.accept()
            if self.tls:
                sock = server_context().wrap_socket(sock, server_side=True)
            file = sock.makefile("rwb", buffering=0)
            file.write(b"* OK imap\r\n")
            for line in file:
                self.lines.append(line.decode().strip())
                tag, verb, *_ = line.decode().split()
                if verb == "CAPABILITY":
                    file.write(b"* CAPABILITY IMAP4rev1\r\n" + f"{tag} OK done\r\n".encode())
                    continue
                if verb == "AUTHENTICATE":
                    file.write(b"+ \r\n")
                    self.lines.append(b64decode(file.readline()).decode())
                answer = self.answers[verb]
                if answer == "drop":
                    sock.close()
                    return
                if verb == "UID" and answer.startswith("OK"):
                    file.write(f"* SEARCH {self.hits}".strip().encode() + b"\r\n")
                file.write(f"{tag} {answer}\r\n".encode())
        except OSError:
            pass


def ask(server: ImapServer, password: Callable[[], str] = lambda: "geheim", message_id: str = ID) -> Lookup:
    profile = ImapProfile(host="localhost", port=server.port, user="archiv", folder="Gesendet", tls=server.tls)
    return ImapArchive(profile, password, timeout=1, context=trusting() if server.tls else None).find(message_id)


def test_a_mail_that_is_there_is_found_by_its_message_id_and_nothing_is_changed() -> None:
    with ImapServer(hits="4 7") as server:
        assert ask(server) == Lookup(True, "archiv@localhost/Gesendet")
    assert any(f'SEARCH HEADER Message-ID "{ID}"' in line for line in server.lines)
    assert any('EXAMINE "Gesendet"' in line for line in server.lines), "opened read-only"


def test_a_mail_that_is_not_there_is_not_found() -> None:
    with ImapServer() as server:
        assert ask(server).found is False


def test_plain_text_to_localhost_only() -> None:
    with ImapServer(hits="1", tls=False) as server:
        assert ask(server).found is True
    profile = ImapProfile(host="mail.example", port=143, user="a", tls=False)
    assert ImapArchive(profile, lambda: "x").find(ID).found is None


@pytest.mark.parametrize("step", ["LOGIN", "EXAMINE", "UID"])
@pytest.mark.parametrize("fault", ["NO geheim? no", "BAD what", "drop"])
def test_whatever_goes_wrong_is_not_known(step: str, fault: str) -> None:
    with ImapServer(hits="1", **{step: fault}) as server:
        assert ask(server).found is None


def test_no_server_no_password_and_odd_ids_are_not_known() -> None:
    with ImapServer() as server:
        pass
    assert ask(server).found is None

    def no_password() -> str:
        raise NoPassword("keins da")

    with ImapServer() as server:
        assert ask(server, no_password) == Lookup(None, "keins da")
        assert ask(server, message_id='<x"\r\n1 DELETE INBOX>').found is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "imaps://archiv@mail.example/Gesendet",
            ImapProfile(host="mail.example", port=993, user="archiv", folder="Gesendet"),
        ),
        ("imaps://a%40b.example@mail.example:9993", ImapProfile(host="mail.example", port=9993, user="a@b.example")),
        (
            "imap://a@localhost/INBOX/Archiv",
            ImapProfile(host="localhost", port=143, user="a", folder="INBOX/Archiv", tls=False),
        ),
        ("imaps://mail.example/x", None),
        ("https://a@mail.example/x", None),
        ("imaps://a@mail.example:port/", None),
        ("quatsch", None),
    ],
)
def test_the_address_of_the_archive(url: str, expected: ImapProfile | None) -> None:
    assert parse_url(url) == expected


def test_a_password_with_umlauts_logs_in_and_stands_in_no_answer() -> None:
    with ImapServer(hits="4") as server:
        assert ask(server, lambda: "geheim-ä") == Lookup(True, "archiv@localhost/Gesendet")
    assert "\0archiv\0geheim-ä" in server.lines
    with ImapServer(AUTHENTICATE="NO wrong") as server:
        assert ask(server, lambda: "geheim-ä") == Lookup(None, "wrong")
