"""The local stack's own certificate authority, and the certificate of localhost that it signs.

`python -m infra.local.tls --dir .local/tls` makes what is missing and leaves what is still good:
a developer who has told a browser to trust `ca.pem` is not asked again at the next start.
"""

import argparse
import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

RENEW_WITHIN = dt.timedelta(days=30)
CA_LIFETIME = dt.timedelta(days=3650)
# Apple's platforms turn down server certificates that live longer than 825 days.
SERVER_LIFETIME = dt.timedelta(days=365)
# Clocks of containers and hosts differ a little.
CLOCK_SKEW = dt.timedelta(hours=1)

ISSUER_NAME = "Outgoing Mail local stack CA"


@dataclass(frozen=True)
class TlsFiles:
    """Where the authority and the server's certificate are kept (PEM)."""

    directory: Path

    @property
    def ca(self) -> Path:
        """The authority's certificate: what clients of the local stack trust."""
        return self.directory / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """The authority's private key."""
        return self.directory / "ca-key.pem"

    @property
    def server(self) -> Path:
        """The certificate of localhost."""
        return self.directory / "localhost.pem"

    @property
    def server_key(self) -> Path:
        """The private key of localhost."""
        return self.directory / "localhost-key.pem"


@dataclass(frozen=True)
class Authority:
    """A certificate authority, with the key to sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_tls(directory: Path, now: dt.datetime | None = None) -> TlsFiles:
    """Make the authority and the certificate of localhost, unless good ones are there.

    Both are renewed when they have 30 days left, do not belong together, or cannot be read.
    """
    moment = now or dt.datetime.now(dt.UTC)
    files = TlsFiles(directory)
    directory.mkdir(parents=True, exist_ok=True)
    authority = _load_authority(files, moment)
    if authority is None:
        authority = _make_authority(moment)
        _write_key(files.ca_key, authority.key)
        _write(files.ca, _pem(authority.certificate), mode=0o644)
    if not _server_is_good(files, authority, moment):
        certificate, key = _make_server(authority, moment)
        _write_key(files.server_key, key)
        _write(files.server, _pem(certificate), mode=0o644)
    return files


def _make_authority(now: dt.datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER_NAME)])
    builder = (
        _builder(name, name, key.public_key(), now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _make_server(
    authority: Authority, now: dt.datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(subject, authority.certificate.subject, key.public_key(), now, SERVER_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer_key, critical=False)
    )
    return builder.sign(authority.key, hashes.SHA256()), key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    lifetime: dt.timedelta,
) -> x509.CertificateBuilder:
    # Python 3.13 verifies with VERIFY_X509_STRICT: both key identifiers have to be there.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _load_authority(files: TlsFiles, now: dt.datetime) -> Authority | None:
    certificate = _read_certificate(files.ca)
    key = _read_key(files.ca_key)
    if certificate is None or key is None or not _belongs(certificate, key):
        return None
    return Authority(certificate, key) if _lasts(certificate, now) else None


def _server_is_good(files: TlsFiles, authority: Authority, now: dt.datetime) -> bool:
    certificate = _read_certificate(files.server)
    key = _read_key(files.server_key)
    if certificate is None or key is None or not _belongs(certificate, key):
        return False
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return _lasts(certificate, now)


def _belongs(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def _lasts(certificate: x509.Certificate, now: dt.datetime) -> bool:
    return certificate.not_valid_after_utc - now > RENEW_WITHIN


def _read_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, pem, mode=0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    # Replaced in one step, so that a component that starts meanwhile never reads half a file.
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def main() -> None:
    """Command line: make the files, and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path(".local/tls"))
    files = ensure_tls(parser.parse_args().dir)
    print(f"ready tls {files.ca}", flush=True)


if __name__ == "__main__":
    main()
