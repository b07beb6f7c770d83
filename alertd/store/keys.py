"""Keys: what turns identifiers into tokens and personal content into sealed bytes.

One master key, kept outside the database, from which subkeys are derived by purpose (HKDF, RFC 5869). Every case has a
random data key, stored wrapped under the master key: whoever removes it has erased the case, backups included.
Sealing is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alertd.model.errors import ConfigError, StoreError
from alertd.model.ids import Token

KEY_BYTES = 32
_NONCE_BYTES = 12
_CHECK = b"alertd"
_REMEDY = "put back the key that this database was made with (privacy.encryption_key in alertd.yaml)"


def new_master() -> str:
    """Make a new master key, as text to keep in a file: base64 of 32 random bytes."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def load_master(text: str) -> bytes:
    """Read a master key as `new_master` wrote it; surrounding white space does not count.

    Raises:
        ConfigError: it is not base64 of 32 bytes. The text never appears in the message.
    """
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        master = b""
    if len(master) != KEY_BYTES:
        raise ConfigError(
            "privacy.encryption_key is not a key: it must be base64 of 32 bytes. "
            "Make one with `head -c 32 /dev/urandom | base64`, keep it in a file, and keep a copy in a safe"
        )
    return master


class Keyring:
    """Tokens and keys of one master key.

    Args:
        master: 32 bytes.
    """

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ConfigError("the master key must have 32 bytes: make one with `head -c 32 /dev/urandom | base64`")
        self._tokens = _derived(master, b"tokens")
        self._wrapping = _derived(master, b"case keys")
        self._own = _derived(master, b"own records")

    def __repr__(self) -> str:
        return "Keyring(…)"

    def token(self, text: str) -> Token:
        """Keyed hash of a text that the caller has normalised: HMAC-SHA256, 32 bytes (RFC 2104)."""
        return Token(hmac.digest(self._tokens, text.encode("utf-8", "surrogatepass"), "sha256"))

    def new_case_key(self) -> bytes:
        """A random data key."""
        return os.urandom(KEY_BYTES)

    def wrap(self, key: bytes, owner: str) -> bytes:
        """Encrypt a data key for storing beside its owner's name."""
        return _seal(self._wrapping, key, owner.encode())

    def unwrap(self, wrapped: bytes, owner: str) -> bytes:
        """Give back the data key that `wrap` encrypted for this owner.

        Raises:
            StoreError: wrapped under another master key or for another owner.
        """
        return _open(self._wrapping, wrapped, owner.encode())

    def seal(self, key: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt under a data key; only the same key and `aad` (what the bytes belong to) open it again."""
        return _seal(key, plaintext, aad)

    def open(self, key: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            StoreError: another key, another owner, or changed bytes.
        """
        return _open(key, sealed, aad)

    def seal_own(self, plaintext: bytes, what: str) -> bytes:
        """Seal what belongs to no case: quarantined messages, provider answers, rule files with people in them."""
        return _seal(self._own, plaintext, what.encode())

    def open_own(self, sealed: bytes, what: str) -> bytes:
        """Open what `seal_own` sealed.

        Raises:
            StoreError: another master key, another `what`, or changed bytes.
        """
        return _open(self._own, sealed, what.encode())

    def check_value(self) -> bytes:
        """Bytes to store with a new database, by which `prove` later tells that the key is the same."""
        return self.seal_own(_CHECK, "check")

    def prove(self, check: bytes) -> None:
        """Make sure that a database was made with this key.

        Raises:
            ConfigError: it was made with another one.
        """
        try:
            self.open_own(check, "check")
        except StoreError:
            raise ConfigError(f"the database was made with another encryption key: {_REMEDY}") from None


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"alertd 1 " + purpose).derive(master)


def _seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def _open(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except (InvalidTag, ValueError) as cause:
        raise StoreError(f"stored content cannot be decrypted: {_REMEDY}, or restore a backup") from cause
