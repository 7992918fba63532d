"""The original study's baselines: TF-IDF of a headline's words, then trees or lines.

Each label has an estimator of its own: one tree or forest for all 36 labels spends its
levels on the frequent ones (a joint decision tree has macro F1 0.89 on clean text where
36 small ones have 0.99), and its leaves are larger.

What is fitted is a scikit-learn pipeline of scikit-learn's and numpy's own types only,
so that it can be stored and loaded without trusting any code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from rocktag.errors import TrainingError
from rocktag.text import TextView, counted
from rocktag.types import BagOfWordsName, Probabilities, Targets

Progress: TypeAlias = Callable[[int, int], None]  # labels fitted, labels in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be tuned.

    Attributes:
        ngrams: Longest run of words that counts as one term, in words.
        minimum_headlines: In how many training headlines a term must occur to count.
        adaboost_estimators: Most trees a label; fewer where they already fit it.
        adaboost_depth: Levels of each of them.
        forest_trees: Trees a label, of the random forest and of the extra trees.
        forest_depth: Levels of each of them; None for no limit.
        forest_terms: Share of the terms that each node chooses among, over 0, to 1.
        tree_depth: Levels of the decision tree; None for no limit.
        logistic_regression_c: Inverse strength of the regularisation, over 0.
    """

    # Measured on 20,000 headlines with keyword labels, a fifth of them for the test.
    # A minimum of 2 headlines loses rare words, and AdaBoost 0.003 of macro F1; pairs
    # of words give it nothing and double the time.
    ngrams: int = 1
    minimum_headlines: int = 1
    # Micro / macro F1 over seeds 1 to 5 from 0.998 / 0.987 clean and 0.995 / 0.977 raw.
    # Depth 12 has the same, but there one tree fits most labels and votes 0 or 1.
    adaboost_estimators: int = 50
    adaboost_depth: int = 8
    # With a tenth of the terms a rare keyword is seldom among those of a node: macro
    # F1 on clean text falls from 0.99 to 0.96.
    forest_trees: int = 20
    forest_depth: int | None = None
    forest_terms: float = 0.5
    tree_depth: int | None = None
    # 100 and 1,000 have macro F1 0.964 and 0.965 on raw text.
    logistic_regression_c: float = 100.0


def build(
    name: BagOfWordsName, *, text_view: TextView, seed: int, settings: Settings
) -> Any:
    """Return an unfitted pipeline with the steps `vectoriser` and `classifier`."""
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import Pipeline

    vectoriser = _vectoriser(text_view, settings, name == "logistic-regression")
    classifier = MultiOutputClassifier(_estimator(name, seed, settings))
    return Pipeline([("vectoriser", vectoriser), ("classifier", classifier)])


def fit(
    pipeline: Any,
    texts: Sequence[str],
    targets: Targets,
    progress: Progress | None = None,
    *,
    weights: npt.NDArray[np.float32] | None = None,
) -> None:
    """Fit the pipeline to N texts and their targets (N, L), L at least 2.

    The same texts, targets and seed give the same pipeline, on any number of cores.

    Args:
        pipeline: What `build` returned; it is fitted in place.
        texts: The titles under the text view the pipeline was built for.
        targets: Of 0 and 1; a label may be 0 or 1 throughout.
        progress: Called after each label with how many are fitted, of how many.
        weights: (N, L), how much each decision counts; None for all the same.

    Raises:
        TrainingError: The texts have no terms to learn from.
    """
    words = _fit_vectoriser(pipeline["vectoriser"], texts)
    _fit_each_label(pipeline["classifier"], words, targets, weights, progress)


def predict_probabilities(pipeline: Any, texts: Sequence[str]) -> Probabilities:
    """Return the probabilities (N, L) of N texts under a fitted pipeline.

    A label that no training headline had gets 0, one that all had gets 1. AdaBoost's
    probability is the share of the weighted vote that its trees give to the label.
    """
    classifier = pipeline["classifier"]
    shape = len(texts), len(classifier.estimators_)
    probabilities = np.zeros(shape, dtype=np.float32)
    if len(texts):
        words = pipeline["vectoriser"].transform(texts)
        for column, estimator in enumerate(classifier.estimators_):
            probabilities[:, column] = _positive(estimator, words)
    return probabilities


def _vectoriser(text_view: TextView, settings: Settings, linear: bool) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    raw = text_view == "raw"
    return TfidfVectorizer(
        lowercase=raw,  # clean text is lower-case ASCII already
        strip_accents="unicode" if raw else None,
        token_pattern=r"\w+",  # noqa: S106  # a word, of one letter too
        ngram_range=(1, settings.ngrams),
        min_df=settings.minimum_headlines,
        binary=True,
        norm="l2" if linear else None,  # a tree asks whether a word is there at all
        dtype=np.float32,
    )


def _estimator(name: BagOfWordsName, seed: int, settings: Settings) -> Any:
    """Return an unfitted estimator of one label."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    match name:
        case "adaboost":
            return _adaboost(seed, settings)
        case "random-forest" | "extra-trees":
            return _forest(name, seed, settings)
        case "decision-tree":
            depth = settings.tree_depth
            return DecisionTreeClassifier(max_depth=depth, random_state=seed)
        case "logistic-regression":
            return LogisticRegression(
                C=settings.logistic_regression_c,
                class_weight="balanced",  # rare labels: raw macro F1 0.945 to 0.964
                solver="liblinear",  # needs no second core, so no sum depends on it
                max_iter=1_000,
                random_state=seed,
            )


def _adaboost(seed: int, settings: Settings) -> Any:
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.tree import DecisionTreeClassifier

    return AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=settings.adaboost_depth),
        n_estimators=settings.adaboost_estimators,
        random_state=seed,
    )


def _forest(
    name: Literal["random-forest", "extra-trees"], seed: int, settings: Settings
) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    random = name == "random-forest"
    forest = RandomForestClassifier if random else ExtraTreesClassifier
    return forest(
        settings.forest_trees,
        max_depth=settings.forest_depth,
        max_features=settings.forest_terms,
        random_state=seed,
    )


def _fit_vectoriser(vectoriser: Any, texts: Sequence[str]) -> Any:
    """Fit the vectoriser and return the terms' weights (N, terms), by columns."""
    try:
        words = vectoriser.fit_transform(texts)
    except ValueError as error:
        raise TrainingError(
            f"{counted(len(texts), 'training headline')} with no terms to learn"
            f" from ({error}); add headlines, or lower the minimum number of headlines"
            " a term must occur in"
        ) from error
    vectoriser.vocabulary_ = {
        word: int(column) for word, column in sorted(vectoriser.vocabulary_.items())
    }
    return words.tocsc()


def _fit_each_label(
    classifier: Any,
    words: Any,
    targets: Targets,
    weights: npt.NDArray[np.float32] | None,
    progress: Progress | None,
) -> None:
    """Fit one estimator a label, which is what MultiOutputClassifier does, in sight."""
    from sklearn.utils.parallel import Parallel, delayed
    from threadpoolctl import threadpool_limits

    fitting = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    jobs = (
        delayed(_fit_label)(
            classifier.estimator,
            words,
            targets[:, column],
            None if weights is None else weights[:, column],
        )
        for column in range(targets.shape[1])
    )
    classifier.estimators_ = []
    with threadpool_limits(1):  # BLAS threads in each thread: 25 s instead of 0.6 s
        for estimator in fitting(jobs):
            classifier.estimators_.append(estimator)
            if progress is not None:
                progress(len(classifier.estimators_), targets.shape[1])
    classifier.classes_ = [estimator.classes_ for estimator in classifier.estimators_]


def _fit_label(
    template: Any,
    words: Any,
    target: npt.NDArray[np.int8],
    weight: npt.NDArray[np.float32] | None,
) -> Any:
    """Fit a copy of the template, or what always answers alike where it cannot learn.

    It cannot where the target is constant, or where no word tells 0 from 1.
    """
    from sklearn.base import clone
    from sklearn.dummy import DummyClassifier

    constant = DummyClassifier(strategy="prior")
    if target.min() == target.max():
        return constant.fit(words, target)
    try:
        return clone(template).fit(words, target, sample_weight=weight)
    except ValueError as error:
        if "worse than random" not in str(error):  # AdaBoost's words for it
            raise
        return constant.fit(words, target)


def _positive(estimator: Any, words: Any) -> npt.NDArray[np.floating]:
    """Return the probability (N,) that one label applies."""
    from sklearn.ensemble import AdaBoostClassifier

    if isinstance(estimator, AdaBoostClassifier):
        # predict_proba would squeeze the vote, -2 to 2, into 0.27 to 0.73.
        vote: npt.NDArray[np.floating] = estimator.decision_function(words)
        return np.clip((2 + vote) / 4, 0, 1)  # rounding: it can be -2 - 4e-16
    of_one = estimator.predict_proba(words)[:, estimator.classes_ == 1]
    share: npt.NDArray[np.floating] = of_one.sum(axis=1)  # no column: 0
    return share
