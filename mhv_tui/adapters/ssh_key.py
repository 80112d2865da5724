"""Reads the operator's private keys from files, with their certificates."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.ssh_errors import reason
from mhv_tui.adapters.ssh_limits import MAX_FILE, size
from mhv_tui.core.machine import CORRECT_KEY_FILE, NO_KEY_FILE
from mhv_tui.core.paths import expanded, open_regular
from mhv_tui.core.secret import Revealed

if TYPE_CHECKING:
    import paramiko

log = logging.getLogger(__name__)


def load_key(path: str, passphrase: Callable[[], Revealed | None], required: bool) -> paramiko.PKey | None:
    """Returns the private key in a file; None if the file is missing or unreadable, or its passphrase is unknown.

    If `required`, raises CN30 for a missing or unreadable file. Without the passphrase, the SSH agent may still offer
    the key. Raises CN30 also if the passphrase does not open the key.
    """
    import paramiko

    file = expanded(path)
    if not os.path.isfile(file):
        if required:
            raise failure("CN30", NO_KEY_FILE.format(path), remedy=CORRECT_KEY_FILE)
        return None
    key: paramiko.PKey | None
    try:
        text = _text(file)
        key = _parsed(text, None)
    except paramiko.PasswordRequiredException:
        word = passphrase()
        key = None if word is None else _opened(path, text, word)
    except (paramiko.SSHException, ValueError, OSError) as error:
        if required:
            raise failure("CN30", f"the key file {path} cannot be read as a private key: {reason(error)}") from None
        log.warning("the key file %s is not used: %s", path, reason(error))
        return None
    if key is not None:
        _add_certificate(key, file.with_name(file.name + "-cert.pub"))
    return key


def _opened(path: str, text: str, passphrase: Revealed) -> paramiko.PKey:
    import paramiko

    try:
        return _parsed(text, passphrase.value)
    except (paramiko.SSHException, ValueError, OSError):
        raise failure("CN30", f"the passphrase does not open the key file {path}") from None


def _text(file: Path) -> str:
    with os.fdopen(open_regular(file), "rb") as opened:
        content = opened.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise ValueError(f"the file is larger than {size(MAX_FILE)}")
    return content.decode()


def _parsed(text: str, passphrase: str | None) -> paramiko.PKey:
    """Parses a private key. Raises SSHException, PasswordRequiredException if it has a passphrase.

    paramiko's parsers raise many kinds of errors for a damaged key; each means that the key is of another kind.
    """
    import paramiko

    kinds: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
    for kind in kinds:
        try:
            return kind.from_private_key(io.StringIO(text), password=passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except Exception as error:
            log.debug("not a key of the kind %s: %s", kind.__name__, reason(error))
    raise paramiko.SSHException("the content is not a private key, or the passphrase is wrong")


def _add_certificate(key: paramiko.PKey, file: Path) -> None:
    """Adds the certificate file of a key, if it exists. Only logs an error: the key may work without it."""
    if not file.is_file():
        return
    try:
        key.load_certificate(_text(file))
    except Exception as error:
        log.warning("the certificate %s is not used: %s", file, reason(error))
