"""The CNN-BiLSTM, made ready for a task: words, their vectors, the network."""

from __future__ import annotations

from functools import partial
from typing import Any

from rocktag.argmaxability import BOUND
from rocktag.classifiers import cnn_bilstm, frameworks, word_tokenizer
from rocktag.classifiers.neural_types import Schedule
from rocktag.fitting import word_vectors
from rocktag.fitting.fitted import Progress, Task
from rocktag.fitting.network import Network, label_shares, taken, token_ids_of
from rocktag.fitting.serving import Limits
from rocktag.text import view

_SERVED_BATCH = 64  # headlines; LiteRT's recurrent networks have a fixed shape
_LONGEST_UNROLLED = 64  # tokens; a longer network's file would be all steps
_LIMITS = Limits(probability=0.02, f1=0.002, label_f1=0.002)


def network(task: Task, progress: Progress) -> Network:
    """Return the network of the task, not fitted yet.

    Raises:
        TrainingError: The headlines have no words.
        InputError: The file of word vectors cannot be used.
        UsageError: TensorFlow is not installed.
    """
    settings = task.settings.cnn_bilstm
    progress("words", 0, 1)
    tokenizer = _tokenizer(task)
    vocabulary = word_tokenizer.vocabulary_of(tokenizer)
    token_ids = token_ids_of(task, tokenizer)
    start = word_vectors.start(task, vocabulary, token_ids, progress)
    frameworks.start_over(task.settings.seed)
    build = partial(
        cnn_bilstm.build,
        cnn_bilstm.Architecture(**taken(settings, cnn_bilstm.Architecture)),
        vocabulary_size=len(vocabulary),
        label_shares=label_shares(task),
        vectors=start.vectors if start else None,
    )
    model = build()
    length = settings.maximum_length

    def served() -> Any:
        unrolled = build(fixed_length=length if length <= _LONGEST_UNROLLED else None)
        unrolled.set_weights(model.get_weights())
        return unrolled

    return Network(
        task=task,
        tokenizer=tokenizer,
        token_ids=token_ids,
        model=model,
        schedule=Schedule(**taken(settings, Schedule)),
        reference=lambda: model,
        served=served,
        batch=_SERVED_BATCH,
        length=length,
        limits=_LIMITS,
        lowest_feature=0.0 if settings.dense_layers else -BOUND,  # after ReLU
        facts=word_vectors.facts(start),
        remarks=(word_vectors.remark(start),),
    )


def _tokenizer(task: Task) -> bytes:
    settings = task.settings.cnn_bilstm
    titles = [task.titles[row] for row in task.rows.train]
    return word_tokenizer.build(
        view(titles, task.settings.text_view),
        maximum_length=settings.maximum_length,
        vocabulary_size=settings.vocabulary_size,
        minimum_headlines=settings.minimum_headlines,
    )
