"""The card's end: size and speed, how to train the same again, and with what."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from rocktag.artifact import stacker_file
from rocktag.artifact.facts import FittingFacts, ThresholdFacts
from rocktag.model_card.described import Described
from rocktag.model_card.markdown import paragraph

_DATABASE = "the database"
# What a worker opens.
_SERVED = ("model.skops", "model.tflite", "tokenizer.json", stacker_file.NAME)


def sections(facts: Described, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the sections on size and speed, and on training the same again."""
    yield "## Size and speed"
    yield paragraph(_size(files))
    yield "## Again"
    yield _again(facts)
    packages = (f"{name} {version}" for name, version in sorted(facts.packages.items()))
    yield paragraph(f"**Environment.** {', '.join(packages)}.")
    yield paragraph(
        _FILES + (_FOLD_FILES if facts.cross_validation and not facts.human else "")
    )


def _size(files: Mapping[str, bytes]) -> str:
    """Return what a worker loads, and where times are.

    >>> _size({"model.skops": bytes(2_500_000)}).partition(". ")[0]
    'A worker loads 2.50 MB: model.skops'
    """
    served = [name for name in _SERVED if name in files]
    size = sum(len(files[name]) for name in served) / 1e6
    return (
        f"A worker loads {size:.2f} MB: {', '.join(served)}. How long the training took"
        " is in `manifest.json`; how many headlines it tags in a second depends on the"
        " machine, and `rocktag compare` measures it."
    )


def _again(facts: Described) -> str:
    """Return the command that gives the same model, or why none does."""
    fitting = facts.fitting
    if fitting and fitting.interrupted_in_epoch:
        return paragraph(
            f"The training was interrupted in epoch {fitting.interrupted_in_epoch}: no"
            " command gives this very model again."
        )
    options = "".join(f" {each}" for each in _options(facts.corpus.origin, fitting))
    commands = [f"rocktag --config <this folder>/config.toml train{options}"]
    if facts.tuned_from:
        commands.append(_tuned(facts.tuned_from, facts.thresholds))
    block = "\n".join(f"    {command}" for command in commands)
    same = _SAME_DATABASE if facts.corpus.origin == _DATABASE else _SAME
    return f"{block}\n\n{paragraph(same)}"


def _options(origin: str, fitting: FittingFacts | None) -> Iterator[str]:
    """Yield what the configuration does not hold: the files that training read."""
    if origin != _DATABASE:
        yield f"--corpus {shlex.quote(origin)}"
    if fitting and fitting.given_vectors:
        yield f"--glove {shlex.quote(fitting.given_vectors.origin)}"


def _tuned(name: str, facts: ThresholdFacts) -> str:
    """Return the command that tuned a version's thresholds again."""
    words = ["rocktag thresholds", name, f"--objective {facts.objective}"]
    if facts.minimum_precision is not None:
        words.append(f"--minimum-precision {facts.minimum_precision:g}")
    words.append(f"--minimum-positives {facts.minimum_positives}")
    return " ".join(words)


_SAME = (
    "on the same headlines, with these packages and on the same kind of CPU, gives the"
    " same model."
)
_SAME_DATABASE = (
    "while the database holds the same headlines, with these packages and on the same"
    " kind of CPU, gives the same model. Once others have come in it gives another one:"
    " the hash above tells, and only a copy of the database from then, or the headlines"
    " as a file with `--corpus`, gives this one."
)
_FILES = (
    "`config.toml` beside this file holds every setting of the training,"
    " `test_scores.json` every score, `thresholds.csv` the curve of"
    " `threshold_sweep.svg`."
)
_FOLD_FILES = (
    " Each fold's scores are in `fold_scores.csv` and `fold_label_scores.csv`;"
    " `history.csv` is of the model that is served, whose validation headlines are"
    " among those that it learned from."
)
