"""A certificate authority of the test's own, and what it signs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_LIFE = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Pem:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates for servers on 127.0.0.1 and localhost, and for clients by name.

    Args:
        folder: Gets the files.
        name: Common name of the authority.
    """

    def __init__(self, folder: Path, name: str = "alertd tests") -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        basic = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = self._builder(self._name, self._key).add_extension(basic, True).sign(self._key, _HASH)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self._certificate.public_bytes(_PEM))

    def issue(self, common_name: str) -> Pem:
        """Sign a certificate, good for a server on loopback or for a client of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        certificate = self._builder(subject, key).add_extension(names, False).sign(self._key, _HASH)
        pem = Pem(self._folder / f"{common_name}.pem", self._folder / f"{common_name}.key")
        pem.cert.write_bytes(certificate.public_bytes(_PEM))
        pem.key.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return pem

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_FROM)
            .not_valid_after(_FROM + _LIFE)
        )


_HASH = hashes.SHA256()
_PEM = serialization.Encoding.PEM
