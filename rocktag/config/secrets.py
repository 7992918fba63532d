"""Passwords in database URLs: which they are, and the URL without them."""

from __future__ import annotations

import re
from urllib.parse import unquote

_HIDDEN = "***"
# Of the user information, or of the query: ?password=… is a way to give it too.
_PASSWORD = re.compile(
    r"(?P<before>://[^/?#:@]*:|[?&](?:password|passwd|sslpassword)=)"
    r"(?P<password>(?<=:)[^/?#]*(?=@)|(?<==)[^&#]*)",
    re.IGNORECASE,
)


def without_passwords(url: str) -> str:
    """Return the URL with asterisks for each password.

    >>> without_passwords("postgresql://ann:s3cret@host/news?password=x&sslmode=require")
    'postgresql://ann:***@host/news?password=***&sslmode=require'
    """
    return _PASSWORD.sub(rf"\g<before>{_HIDDEN}", url)


def passwords(url: str) -> set[str]:
    """Return each password of the URL, as it is written and as it is meant.

    >>> sorted(passwords("mysql://ann:p%40ss@host/news"))
    ['p%40ss', 'p@ss']
    """
    written = {found["password"] for found in _PASSWORD.finditer(url)} - {""}
    return written | {unquote(password) for password in written}
