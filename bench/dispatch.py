"""Mails a second and CPU per mail: our journaled sending beside plain smtplib loops, to the same bare socket sink.

    python bench/dispatch.py [--mails 400] [--pdf-kb 60] [--rounds 3]

Compared in one run, interleaved, the best round of each:
  ours              one connection, STARTTLS off: spool, intent and outcome on disk (journal engine), mail built
  ours+tls          the same with STARTTLS
  plain             smtplib.sendmail in a loop on one connection, nothing on disk, mail built by EmailMessage
  plain, ready      the same with bytes that were built before the clock starts
  plain+tls         one connection with STARTTLS
  each+tls          smtplib with STARTTLS, one connection for each mail
The sink is another process. The issue asks: ours >= 0.9 x plain, and ours+tls >= 4 x each+tls.
"""

import argparse
import hashlib
import multiprocessing
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tui_billing.dispatch.smtp import SmtpTransport
from tui_billing.dispatch.smtp_session import SmtpProfile
from tui_billing.domain.documents import Document, DocumentKind, Line
from tui_billing.domain.parties import Address, Company, Customer
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.domain.settings import Setting
from tui_billing.services import documents
from tui_billing.services.desk import Desk
from tui_billing.services.sending import SendItem, plan_jobs, send_jobs
from tui_billing.store.files import Files
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.repositories import Store

POLICY = policy.SMTP.clone(cte_type="7bit")


def sink(listener: socket.socket, cert: str, key: str, counter: Any) -> None:
    """The bare server: answers at once, keeps nothing, counts the mails."""
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, context, counter), daemon=True).start()


def _serve(sock: socket.socket, context: ssl.SSLContext, counter: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"220 sink\r\n")
    buffer = b""
    try:
        while True:
            while b"\r\n" not in buffer:
                data = sock.recv(65536)
                if not data:
                    return
                buffer += data
            line, _, buffer = buffer.partition(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                tls = isinstance(sock, ssl.SSLSocket)
                sock.sendall(
                    b"250-sink\r\n250 PIPELINING\r\n" if tls else b"250-sink\r\n250-PIPELINING\r\n250 STARTTLS\r\n"
                )
            elif verb == b"STAR":
                sock.sendall(b"220 go\r\n")
                sock = context.wrap_socket(sock, server_side=True)
            elif verb == b"DATA":
                sock.sendall(b"354 go\r\n")
                tail = buffer
                while not tail.endswith(b"\r\n.\r\n"):
                    data = sock.recv(262144)
                    if not data:
                        return
                    tail = (tail + data)[-max(5, len(data)) :]
                buffer = b""
                with counter.get_lock():
                    counter.value += 1
                sock.sendall(b"250 2.0.0 Ok: queued as 1\r\n")
            elif verb == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")
    except OSError:
        pass
    finally:
        sock.close()


def _no_renderer() -> Any:
    raise AssertionError("nothing is rendered here")


def prepare(folder: Path, pdfs: list[bytes], profile: SmtpProfile) -> tuple[Desk, list[SendItem]]:
    """A data folder with one invoice and file for each mail; not part of the measurement."""
    desk = Desk(
        store=Store(open_engine(folder, create=True), "bench"),
        files=Files(folder),
        folder=folder,
        user="bench",
        today=lambda: date(2026, 11, 22),
        renderer=_no_renderer,
        transport=lambda: SmtpTransport(profile),
    )
    seller = Company(
        name="Muster GmbH", tax_number="22/815/08150", email="rechnung@muster.example",
        address=Address(street="Musterweg 1", postcode="20099", city="Hamburg"),
    )  # fmt: skip
    items = []
    with desk.store.transaction("bench") as tx:
        tx.insert(seller)
        tx.insert(Setting(key="mail.connections", value="1"))
        address = Address(street="Weg 1", postcode="10115", city="Berlin")
        customer = tx.insert(Customer(number="1", name="Kunde", address=address, emails=("kunde@kunde.example",)))
        for pdf in pdfs:
            line = Line(name="Wartung", quantity=Decimal(1), unit_price=Decimal(100))
            day = date(2026, 11, 10)
            draft = documents.build(
                seller, customer, kind=DocumentKind.INVOICE, invoice_date=day, lines=(line,), service_date=day
            )
            document = documents.add(tx, draft)
            relative = f"documents/2026/{document.number}.pdf"
            desk.files.path(relative).parent.mkdir(parents=True, exist_ok=True)
            desk.files.path(relative).write_bytes(pdf)
            row = tx.insert(RunRow(run_id=1, document_id=document.id, customer_id=customer.id, file=relative))
            items.append(
                SendItem(
                    document_id=document.id, customer_id=customer.id, recipients=customer.emails, row_id=row.id,
                    file_hash=hashlib.sha256(pdf).hexdigest(),
                    files=((f"Rechnung_{document.number}.pdf", relative),), document_rev=document.rev, size=len(pdf),
                )
            )  # fmt: skip
    os.sync()
    return desk, items


def ours(pdfs: list[bytes], port: int, security: str, trust: ssl.SSLContext) -> tuple[float, float]:
    """Seconds and CPU seconds of sending them all, with everything on disk that the rules ask for."""
    folder = Path(tempfile.mkdtemp(prefix="bench-dispatch-", dir=Path.cwd()))
    try:
        profile = SmtpProfile(host="localhost", port=port, security=security, per_connection=10**9, context=trust)
        desk, items = prepare(folder, pdfs, profile)
        clock, cpu = time.perf_counter(), time.process_time()
        for _ in send_jobs(desk, plan_jobs(items, run_id=1)):
            pass
        taken = time.perf_counter() - clock, time.process_time() - cpu
        states = [d.state for d in desk.store.all(Dispatch)]
        assert states == [RowState.SENT] * len(pdfs), states
        assert all(d.mailed_at for d in desk.store.all(Document))
        desk.store.close()
        return taken
    finally:
        shutil.rmtree(folder)


def plain_mail(pdf: bytes, number: int) -> bytes:
    """What a script does with the library."""
    message = EmailMessage(policy=POLICY)
    message["From"] = "rechnung@muster.example"
    message["To"] = "kunde@kunde.example"
    message["Subject"] = f"Rechnung {number}"
    message["Message-ID"] = f"<{number}@muster.example>"
    message.set_content("Guten Tag,\n\nanbei die Rechnung über 119,00 €.\n")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"Rechnung_{number}.pdf")
    return message.as_bytes()


def plain(pdfs: list[bytes], port: int, trust: ssl.SSLContext | None, ready: bool, each: bool) -> tuple[float, float]:
    """smtplib.sendmail in a loop; `ready`: bytes built before the clock starts; `each`: one connection a mail."""
    mails = [plain_mail(pdf, n) for n, pdf in enumerate(pdfs)] if ready else []
    clock, cpu = time.perf_counter(), time.process_time()
    client = None
    for n, pdf in enumerate(pdfs):
        if client is None:
            client = smtplib.SMTP("localhost", port, local_hostname="bench.example")
            if trust is not None:
                client.starttls(context=trust)
        client.sendmail("rechnung@muster.example", ["kunde@kunde.example"], mails[n] if ready else plain_mail(pdf, n))
        if each:
            client.quit()
            client = None
    if client is not None:
        client.quit()
    return time.perf_counter() - clock, time.process_time() - cpu


def certificate(folder: Path) -> tuple[str, str]:
    """A throwaway certificate for localhost."""
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*request, "-keyout", key, "-out", cert, *names], check=True, capture_output=True)
    return cert, key


def main() -> None:
    """Measure, print the table and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=400)
    parser.add_argument("--pdf-kb", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    certificates = Path(tempfile.mkdtemp(prefix="bench-certificate-"))
    cert, key = certificate(certificates)
    trust = ssl.create_default_context(cafile=cert)
    counter = multiprocessing.Value("q", 0)
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    port = listener.getsockname()[1]
    process = multiprocessing.Process(target=sink, args=(listener, cert, key, counter), daemon=True)
    process.start()
    pdfs = [os.urandom(args.pdf_kb * 1000) for _ in range(args.mails)]
    cases: dict[str, Callable[[], tuple[float, float]]] = {
        "ours": lambda: ours(pdfs, port, "none", trust),
        "plain": lambda: plain(pdfs, port, None, ready=False, each=False),
        "plain, ready": lambda: plain(pdfs, port, None, ready=True, each=False),
        "ours+tls": lambda: ours(pdfs, port, "starttls", trust),
        "plain+tls": lambda: plain(pdfs, port, trust, ready=False, each=False),
        "each+tls": lambda: plain(pdfs, port, trust, ready=False, each=True),
    }
    best: dict[str, tuple[float, float]] = {}
    for _ in range(args.rounds):
        for name, case in cases.items():
            before = counter.value
            taken = case()
            assert counter.value - before == args.mails
            best[name] = min(best.get(name, taken), taken)
    process.terminate()
    shutil.rmtree(certificates)
    when = datetime.now(UTC).date().isoformat()
    print(f"{args.mails} mails of {args.pdf_kb} kB PDF, one connection, best of {args.rounds} ({when})")
    for name, (seconds, cpu) in best.items():
        print(f"{name:14} {args.mails / seconds:8.0f} mails/s {1000 * cpu / args.mails:8.2f} ms CPU a mail")
    print(f"ours / plain          {best['plain'][0] / best['ours'][0]:.2f}  (asked: 0.9)")
    print(f"ours / plain, ready   {best['plain, ready'][0] / best['ours'][0]:.2f}")
    print(f"ours+tls / plain+tls  {best['plain+tls'][0] / best['ours+tls'][0]:.2f}")
    print(f"ours+tls / each+tls   {best['each+tls'][0] / best['ours+tls'][0]:.2f}  (asked: 4)")


if __name__ == "__main__":
    main()
