"""Our nginx files laid out in a folder of a test: the same text, other paths, ports of the loopback."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devkit.ports import free_port

SOURCE = Path(__file__).resolve().parents[3] / "nginx"
NAME = "crm.example"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""


@dataclass(frozen=True)
class Ports:
    """`application` stands for gunicorn and for the socket server."""

    plain: int
    tls: int
    alive: int
    application: int

    @classmethod
    def free(cls, application: int = 0) -> Ports:
        # nginx -t opens its ports too: 80 and 443 are for root, and somebody else may have them
        return cls(free_port(), free_port(), free_port(), application or free_port())


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def moved(text: str, folder: Path) -> str:
    """Paths of the container below `folder`."""
    for part in ("snippets", "conf.d", "tls"):
        text = text.replace(f"/etc/nginx/{part}/", f"{folder}/{part}/")
    text = text.replace("/srv/crm/", f"{folder}/").replace("/run/nginx.pid", f"{folder}/nginx.pid")
    return text.replace("/dev/stdout", f"{folder}/access.log")


def site(ports: Ports) -> str:
    text = (SOURCE / "templates/crm.conf.template").read_text(encoding="utf-8")
    text = text.replace("${CRM_SERVER_NAME}", NAME)
    text = re.sub(r"server (web|ws):\d+", f"server 127.0.0.1:{ports.application}", text)
    text = re.sub(r"listen 127\.0\.0\.1:8080\b", f"listen 127.0.0.1:{ports.alive}", text)
    text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{ports.plain}", text)
    return re.sub(r"listen 443\b", f"listen 127.0.0.1:{ports.tls}", text)


def lay_out(folder: Path, ports: Ports) -> Path:
    """The path of the main file."""
    files = {"conf.d/crm.conf": site(ports), "nginx.conf": (SOURCE / "nginx.conf").read_text(encoding="utf-8")}
    for path in (SOURCE / "snippets").iterdir():
        files[f"snippets/{path.name}"] = path.read_text(encoding="utf-8")
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(moved(text, folder), encoding="utf-8")
    shutil.copytree(SOURCE / "errors", folder / "errors")
    for part in ("tls", "static", "media"):
        (folder / part).mkdir()
    (folder / "static/app.css").write_text("body{}")
    write_certificate(folder / "tls")
    return folder / "nginx.conf"
