"""Certificates for servers on loopback: good, expired, of another name; made by openssl."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that signs itself, so that its file is also that of the authority behind it."""

    file: Path
    server: ssl.SSLContext


def make_certificate(folder: Path, names: str = "IP:127.0.0.1", days: int = 30) -> Certificate:
    """`names`: as openssl's subjectAltName has them; `days`: until it ends, also in the past."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    folder.mkdir(exist_ok=True)
    file, key, request, more = (folder / name for name in ("cert.pem", "key.pem", "request.pem", "more"))
    more.write_text(f"subjectAltName={names}\n")
    ask = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    sign = ["x509", "-req", "-in", str(request), "-signkey", str(key), "-days", str(days)]
    sign += ["-extfile", str(more), "-out", str(file)]
    for command in ([*ask, "-subj", "/CN=a", "-keyout", str(key), "-out", str(request)], sign):
        subprocess.run([openssl, *command], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return Certificate(file, context)
