"""A word-level tokenizer of the training headlines, as the bytes of tokenizer.json.

Lower-case words without accents, each punctuation mark a token of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rocktag.classifiers.token_ids import PADDING, UNKNOWN
from rocktag.errors import TrainingError
from rocktag.text import counted

_WORD_OR_MARK = r"\w+|[^\w\s]"


def build(
    texts: Sequence[str],
    *,
    maximum_length: int,
    vocabulary_size: int,
    minimum_headlines: int,
) -> bytes:
    """Return tokenizer.json; the same texts give the same bytes.

    Args:
        texts: Of the training side only, under their text view.
        maximum_length: Where a text is cut, in tokens.
        vocabulary_size: Most words that are known, the most frequent ones.
        minimum_headlines: In how many texts a word must occur to be known.

    Raises:
        TrainingError: No word is known.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({}, UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(_WORD_OR_MARK), "removed", invert=True
    )
    known = _known(
        (_words(tokenizer, text) for text in texts), vocabulary_size, minimum_headlines
    )
    if not known:
        raise TrainingError(
            f"{counted(len(texts), 'training headline')} with no words to learn from;"
            " add headlines, or lower the minimum number of headlines of a word"
        )
    vocabulary = [PADDING, UNKNOWN, *known]
    numbered = {word: row for row, word in enumerate(vocabulary)}
    tokenizer.model = models.WordLevel(numbered, UNKNOWN)
    tokenizer.enable_truncation(maximum_length)
    return str(tokenizer.to_str()).encode()


def vocabulary_of(tokenizer_json: bytes) -> dict[str, int]:
    """Return every word with its row, padding and the unknown word first, in order."""
    from tokenizers import Tokenizer

    rows = Tokenizer.from_str(tokenizer_json.decode()).get_vocab()
    return dict(sorted(rows.items(), key=lambda item: item[1]))


def _words(tokenizer: Any, text: str) -> set[str]:
    normalised = tokenizer.normalizer.normalize_str(text)
    return {word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalised)}


def _known(
    words: Iterable[set[str]], vocabulary_size: int, minimum_headlines: int
) -> list[str]:
    """Return the known words, the most frequent first, equals in their own order."""
    headlines = Counter(word for text in words for word in text)
    ordered = sorted(headlines.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, count in ordered if count >= minimum_headlines][
        :vocabulary_size
    ]
