"""Training without drawing: most of a small model's time goes into its page's figures.

For tests that look at what was learned. Those of the page itself draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rocktag.report.canvas import Drawing


@contextmanager
def undrawn() -> Iterator[None]:
    """Leave every figure empty; pages and files are the same but for that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawing, "image", lambda *_: b"")
        patch.setattr(Drawing, "inline", lambda _: "")
        yield
