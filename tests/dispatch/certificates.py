"""A throwaway certificate for localhost, made by the openssl program in a temporary folder."""

import shutil
import ssl
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest


@cache
def certificate(name: str = "localhost", days: int = 2) -> tuple[Path, Path]:
    """Certificate and key; skips the test where there is no openssl program."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is missing")
    folder = Path(mkdtemp(prefix="certificate-"))
    cert, key = folder / "cert.pem", folder / "key.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(cert), "-days", str(days)]
    subprocess.run([*request, *files, *names], check=True, capture_output=True)
    return cert, key


@cache
def server_context(name: str = "localhost") -> ssl.SSLContext:
    """What the server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(name))
    return context


@cache
def trusting(name: str = "localhost") -> ssl.SSLContext:
    """What a client needs to trust exactly this certificate."""
    context = ssl.create_default_context(cafile=str(certificate(name)[0]))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
