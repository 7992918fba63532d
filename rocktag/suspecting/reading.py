"""Quick readers: what a linear model says of headlines that it had not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError
from rocktag.fitting import Progress
from rocktag.labeling import CastVote
from rocktag.suspecting.hiding import hidden_terms
from rocktag.text import counted
from rocktag.types import Flags, Probabilities, Targets

# Measured on 400 headlines that people read, average precision of the suspects among
# the topics: 0.23 with 1, 0.30 with 10, 0.29 with 30. Weights by class, which the
# classifier logistic-regression has, push what is rare to the top: 0.26.
_INVERSE_REGULARISATION = 10.0
_MINIMUM_HEADLINES = 2  # in which a term occurs; one that occurs once tells of no other


class Reader:
    """Reads headlines as bags of words, each label by a logistic regression of its own.

    The weights of terms are of all headlines: they know no label.
    """

    def __init__(self, titles: Sequence[str]) -> None:
        """Take the N titles.

        Raises:
            TrainingError: They have no term in common to learn from.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._titles = titles
        self._vectoriser = TfidfVectorizer(
            strip_accents="unicode",
            token_pattern=r"\w+",  # noqa: S106  # a word, of one letter too
            binary=True,
            min_df=_MINIMUM_HEADLINES,
            dtype=np.float32,
        )
        try:
            self._terms = self._vectoriser.fit_transform(titles).tocsr()
        except ValueError as error:
            raise TrainingError(
                f"{counted(len(titles), 'headline')} without a word to learn from"
                f" ({error}); add headlines"
            ) from error

    def hidden(
        self, cast: Sequence[Sequence[CastVote]], labels: Sequence[str]
    ) -> Flags:
        """Return which terms (K, V) give each label away; see `hidden_terms`."""
        return hidden_terms(
            self._titles,
            cast,
            labels,
            self._vectoriser.build_analyzer(),
            self._vectoriser.vocabulary_,
        )

    def out_of_fold(
        self,
        targets: Targets,
        folds: npt.NDArray[np.int8],
        progress: Progress,
        hidden: Flags | None = None,
    ) -> Probabilities:
        """Return what is said of each headline by models of the other folds.

        The same titles, targets and folds give the same probabilities.

        Args:
            targets: (N, K).
            folds: (N,), from 0.
            progress: Told of each label.
            hidden: (K, V), terms that the reader of a label does without.
        """
        from sklearn.utils.parallel import Parallel, delayed
        from threadpoolctl import threadpool_limits

        stage = "read" if hidden is None else "read with words hidden"
        read = partial(_read_label, folds=folds)
        views = (
            self._terms if hidden is None else _without(self._terms, hidden[column])
            for column in range(targets.shape[1])
        )
        jobs = (
            delayed(read)(view, target)
            for view, target in zip(views, targets.T, strict=True)
        )
        found = np.zeros(targets.shape, dtype=np.float32)
        reading: Callable[..., Any] = Parallel(
            n_jobs=-1, prefer="threads", return_as="generator"
        )
        with threadpool_limits(1):
            for column, probabilities in enumerate(reading(jobs)):
                found[:, column] = probabilities
                progress(stage, column + 1, targets.shape[1])
        return found


def _without(terms: Any, hidden: npt.NDArray[np.bool_]) -> Any:
    """Return the terms' weights (N, V) with hidden ones 0, each row of length 1."""
    from scipy.sparse import diags
    from sklearn.preprocessing import normalize

    return normalize((terms @ diags((~hidden).astype(np.float32))).tocsr())


def _read_label(
    terms: Any, target: npt.NDArray[np.int8], *, folds: npt.NDArray[np.int8]
) -> npt.NDArray[np.float64]:
    """Return a label's probability (N,), each fold's by a model of the others."""
    from sklearn.linear_model import LogisticRegression

    found = np.zeros(len(target), dtype=np.float64)
    for fold in np.unique(folds):
        own = folds == fold
        known = target[~own]
        if known.min() == known.max():
            found[own] = target[own]  # who has met no such label does not doubt it
            continue
        model = LogisticRegression(
            C=_INVERSE_REGULARISATION, solver="liblinear", max_iter=1_000
        )
        model.fit(terms[~own], known)
        found[own] = model.predict_proba(terms[own])[:, 1]
    return found
