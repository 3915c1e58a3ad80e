"""Whose certificates are believed: the system's authorities, and those of `EXTRA_CA_FILE`."""

import atexit
import os
import shutil
import ssl
import tempfile
from functools import cache
from pathlib import Path

import certifi


@cache
def ca_bundle(extra_ca_file: str | os.PathLike[str] | None) -> str | None:
    """The path of one PEM file with the usual authorities and those of `extra_ca_file`, for
    libraries that take a file alone; None without an extra file: their own default does.

    Written once per process, where only this process's user can read or change it, and removed
    when the process ends.
    """
    if extra_ca_file is None:
        return None
    parts = [Path(path).read_text(encoding="utf-8") for path in (*_usual_files(), extra_ca_file)]
    bundle = Path(_private_folder(), f"ca-{os.urandom(8).hex()}.pem")
    bundle.write_text("\n".join(parts), encoding="utf-8")
    return str(bundle)


def ssl_context(extra_ca_file: str | os.PathLike[str] | None) -> ssl.SSLContext:
    """A client's context: TLS 1.2 or newer, certificate and host name verified."""
    context = ssl.create_default_context()
    # Slim images come without the system's authorities.
    context.load_verify_locations(cafile=certifi.where())
    if extra_ca_file is not None:
        context.load_verify_locations(cafile=extra_ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _usual_files() -> list[str]:
    system = ssl.get_default_verify_paths().cafile
    return [certifi.where(), system] if system else [certifi.where()]


@cache
def _private_folder() -> str:
    folder = tempfile.mkdtemp(prefix="outgoing-mail-ca-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
