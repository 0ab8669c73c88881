"""Names and hashed passwords of those who may use a page, in a file.

One line a user: `name:scrypt:salt:hash`, the last two in hexadecimal digits. `python app.py
--add-user NAME --auth FILE` asks for a password and writes such a line.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from editor.errors import OptionError
from editor.files import read_regular, write_whole

COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB, some 50 ms
LINE = re.compile(r"([^:\s]{1,64}):scrypt:([0-9a-f]{32}):([0-9a-f]{64})")
MAX_BYTES = 2**20
SHORTEST = 8


class Logins:
    """Who may use the page.

    Args:
        path: of the file.

    Raises:
        OptionError: it cannot be read, is empty, or a line is of another form.
    """

    def __init__(self, path: Path) -> None:
        self.users: dict[str, tuple[bytes, bytes]] = {}
        for number, line in enumerate(_lines(path), 1):
            if not line.strip() or line.startswith("#"):
                continue
            found = LINE.fullmatch(line.strip())
            if found is None:
                raise OptionError(
                    f"line {number} of {path} is not of the form name:scrypt:salt:hash; write it by: "
                    f"python app.py --auth {path} --add-user NAME"
                )
            name, salt, digest = found.groups()
            self.users[name] = bytes.fromhex(salt), bytes.fromhex(digest)
        if not self.users:
            raise OptionError(
                f"{path} names nobody; add a user by: python app.py --auth {path} --add-user NAME"
            )

    def __call__(self, name: str, password: str) -> bool:
        """Return whether a password is that of a user. An unknown name takes as long."""
        salt, wanted = self.users.get(name, (b"\0" * 16, b""))
        return hmac.compare_digest(_digest(password, salt), wanted)


def add_user(path: Path, name: str, password: str) -> None:
    """Write a user into the file, in place of one of the same name. Keep the others.

    Raises:
        OptionError: the name or password cannot be used, or the file cannot be written.
    """
    salt = secrets.token_bytes(16)
    line = f"{name}:scrypt:{salt.hex()}:{_digest(password, salt).hex()}"
    if not LINE.fullmatch(line):
        raise OptionError(f"{name[:64]!r} is no user's name: up to 64 characters, no : or blank")
    if len(password) < SHORTEST:
        raise OptionError(f"the password has {len(password)} characters; use {SHORTEST} or more")
    others = [x for x in _lines(path) if not x.startswith(f"{name}:")] if path.exists() else []
    try:
        write_whole(path, "".join(f"{x}\n" for x in [*others, line]).encode())
        path.chmod(0o600)
    except OSError as error:
        raise OptionError(f"{path} cannot be written: {error.strerror or error}") from error


def _lines(path: Path) -> list[str]:
    try:
        return read_regular(path, MAX_BYTES, OptionError).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise OptionError(f"{path} cannot be read as a file of users: {error}") from error


def _digest(password: str, salt: bytes) -> bytes:
    data = password.encode("utf-8", "surrogatepass")[:1024]
    return hashlib.scrypt(data, salt=salt, maxmem=2**26, dklen=32, **COST)
