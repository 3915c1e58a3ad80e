"""The local stack's certificates are made once, renewed in time, and good for its addresses."""

import datetime as dt
import ipaddress
import stat
from pathlib import Path

import pytest
from cryptography import x509

from infra.local.tls import TlsFiles, ensure_tls

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def contents(files: TlsFiles) -> list[bytes]:
    return [path.read_bytes() for path in sorted(files.directory.iterdir())]


def test_the_certificate_names_every_way_to_say_this_machine(tmp_path: Path) -> None:
    server = certificate(ensure_tls(tmp_path, NOW).server)

    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("127.0.0.1"),
        ipaddress.ip_address("::1"),
    ]


def test_the_authority_signed_the_certificate(tmp_path: Path) -> None:
    files = ensure_tls(tmp_path, NOW)

    certificate(files.server).verify_directly_issued_by(certificate(files.ca))


def test_good_files_are_left_alone(tmp_path: Path) -> None:
    before = contents(ensure_tls(tmp_path, NOW))

    assert contents(ensure_tls(tmp_path, NOW + dt.timedelta(days=300))) == before


def test_a_certificate_with_less_than_thirty_days_is_renewed_by_the_same_authority(
    tmp_path: Path,
) -> None:
    files = ensure_tls(tmp_path, NOW)
    authority, server = files.ca.read_bytes(), certificate(files.server)

    ensure_tls(tmp_path, server.not_valid_after_utc - dt.timedelta(days=29))

    assert files.ca.read_bytes() == authority
    assert certificate(files.server).not_valid_after_utc > server.not_valid_after_utc


def test_a_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    files = ensure_tls(tmp_path / "ours", NOW)
    other = ensure_tls(tmp_path / "theirs", NOW)
    files.server.write_bytes(other.server.read_bytes())
    files.server_key.write_bytes(other.server_key.read_bytes())

    ensure_tls(tmp_path / "ours", NOW)

    certificate(files.server).verify_directly_issued_by(certificate(files.ca))


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "localhost.pem", "localhost-key.pem"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, name: str) -> None:
    files = ensure_tls(tmp_path, NOW)
    (tmp_path / name).write_bytes(b"damaged")

    ensure_tls(tmp_path, NOW)

    certificate(files.server).verify_directly_issued_by(certificate(files.ca))
    assert b"damaged" not in contents(files)


def test_only_the_owner_reads_the_keys(tmp_path: Path) -> None:
    files = ensure_tls(tmp_path, NOW)

    for key in (files.ca_key, files.server_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
