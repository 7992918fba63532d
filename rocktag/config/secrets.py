"""Passwords in database URLs: which they are, and the URL without them.

A password may hold any character, `/`, `#` and `?` too, as far as the last `@`; a
driver also takes one as a value of the query, under a name of its own.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_HIDDEN = "***"
_URL = re.compile(r"[A-Za-z][\w+.-]*://\S*")
_USER_PASSWORD = re.compile(r"(?<=://)(?P<user>[^@:]*:)(?P<password>.*)(?=@)")
_QUERY_VALUE = re.compile(r"(?P<key>[?&][^=&?]*=)(?P<value>[^&]*)")


def without_passwords(text: str) -> str:
    """Return the text with asterisks for what may be a password in each URL.

    >>> without_passwords("see postgresql://ann:s3c/r@t@host/news?sslmode=require")
    'see postgresql://ann:***@host/news?sslmode=***'
    """
    return _URL.sub(lambda found: _hidden(found[0]), text)


def passwords(url: str) -> set[str]:
    """Return what may be a password of the URL, as it is written and as it is meant.

    >>> sorted(passwords("mysql://ann:p%40ss@host/news"))
    ['p%40ss', 'p@ss']
    """
    written = {found["password"] for found in _USER_PASSWORD.finditer(url)}
    query = _USER_PASSWORD.sub("", url)
    written |= {
        found["value"]
        for found in _QUERY_VALUE.finditer(query)
        if "pass" in unquote(found[0]).lower()
    }
    return {each for word in written - {""} for each in (word, unquote(word))}


def _hidden(url: str) -> str:
    url = _USER_PASSWORD.sub(rf"\g<user>{_HIDDEN}", url)
    return _QUERY_VALUE.sub(rf"\g<key>{_HIDDEN}", url)
