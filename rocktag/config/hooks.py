"""Whom the worker tells of an alert: a command or a web address."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from rocktag.config.classifiers import Section

_TOKEN = 12  # characters; a part of an address that is so long may be a secret


def _web_address(secret: SecretStr) -> SecretStr:
    """Check an address; what stands after the host is often a token: never print it."""
    url = secret.get_secret_value()
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not (sound and url.isascii() and url.isprintable() and " " not in url):
        raise ValueError("not a web address; expected https://host/… in plain ASCII")
    if "@" in parts.netloc:
        raise ValueError("a user or password before the host is not supported")
    return secret


WebAddress: TypeAlias = Annotated[SecretStr, AfterValidator(_web_address)]
Argument: TypeAlias = Annotated[str, Field(max_length=10_000)]


class HookSettings(Section):
    """What is told of each alert when it opens; without either, nothing is.

    Attributes:
        command: A program and its arguments, run without a shell.
        url: A web address to which the alert is posted as JSON.
        timeout_seconds: That each may take.
        maximum_tries: Until one of them succeeds.
    """

    command: tuple[Argument, ...] = Field((), max_length=100)
    url: WebAddress | None = None
    timeout_seconds: float = Field(10.0, gt=0, le=600)
    maximum_tries: int = Field(5, ge=1, le=20)

    @model_validator(mode="after")
    def _is_one(self) -> HookSettings:
        # Where one of two fails both would be told again.
        if self.command and self.url:
            raise ValueError(
                "give command or url, not both; a command can tell several"
            )
        return self

    @property
    def is_set_up(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self.command or self.url)

    @property
    def shown_url(self) -> str:
        """The address with nothing after its host."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc}/***"

    @property
    def secrets(self) -> set[str]:
        """What no log may show: the address, and what of it may be a token."""
        parts = urlsplit(self._url)
        target = self._url.partition(parts.netloc)[2] if parts.netloc else ""
        words = [
            *parts.path.split("/"),
            *(value for _, value in parse_qsl(parts.query)),
        ]
        tokens = {word for word in words if len(word) >= _TOKEN}
        return {self._url, target, *tokens} - {"", "/"}

    @property
    def _url(self) -> str:
        return "" if self.url is None else self.url.get_secret_value()
