"""A fitted scikit-learn estimator as one file, safe to open and always the same.

The format is skops': a zip of a schema and of arrays, without pickled code. Only the
scikit-learn and numpy types that skops trusts by itself, and those in TRUSTED, are ever
constructed. And one estimator has one content: skops names objects by their address in
memory, dates the zip's entries and keeps what the memory between a tree's fields
happened to hold, so all three are written anew.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np

from rocktag.errors import ArtifactError, brief
from rocktag.quiet import hidden

TRUSTED = (
    "sklearn.dummy.DummyClassifier",
    "sklearn.ensemble._forest.ExtraTreesClassifier",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
    "sklearn.feature_extraction.text.TfidfTransformer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.multioutput.MultiOutputClassifier",
    "sklearn.pipeline.Pipeline",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.ExtraTreeClassifier",
    # skops trusts all the others, but not this one: its nodes are indices that
    # scikit-learn follows unchecked. So `_check_trees` checks them.
    "sklearn.tree._tree.Tree",
)

_SCHEMA = "schema.json"
_ADDRESS = "_stop_words_id"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold


def dump(estimator: Any) -> bytes:
    """Return a fitted estimator as the bytes of a skops file.

    Equal estimators give equal bytes, in any process with the same versions of
    scikit-learn, skops and zlib.

    >>> from sklearn.dummy import DummyClassifier
    >>> fitted = DummyClassifier().fit([[0], [0]], [1, 1])
    >>> dump(load(dump(fitted), where="memory")) == dump(fitted)
    True
    """
    skops_io = _skops_io()
    with zipfile.ZipFile(io.BytesIO(skops_io.dumps(estimator))) as source:
        names: dict[bytes, str] = {}  # an array's content to its new name
        schema = json.loads(source.read(_SCHEMA))
        canonical = _canonical(schema, source, names)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        _write(target, _SCHEMA, json.dumps(canonical, separators=(",", ":")).encode())
        for array, name in names.items():
            _write(target, name, array)
    return content.getvalue()


def load(content: bytes, *, where: str) -> Any:
    """Return the estimator of a skops file; nothing but trusted types is constructed.

    Args:
        content: The bytes that `dump` returned.
        where: What the file is called, for the message.

    Raises:
        ArtifactError: The file is damaged, or holds types that are not trusted.
    """
    skops_io = _skops_io()
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        estimator = skops_io.loads(content, trusted=TRUSTED)
        _check_trees(estimator)
    except UntrustedTypesFoundException as error:
        found = set(skops_io.get_untrusted_types(data=content)) - set(TRUSTED)
        raise ArtifactError(
            f"{where} holds types that no model of rocktag has:"
            f" {', '.join(sorted(found))}; nothing of it was run. Do not use it;"
            " publish the model again from a machine you trust"
        ) from error
    except Exception as error:  # a damaged file fails in as many ways as it has parts
        raise ArtifactError(
            f"{where} is not a readable skops file ({brief(error)}); copy it again from"
            " where it was published, or train anew"
        ) from error
    return estimator


def _skops_io() -> Any:
    """Return the module skops.io, imported without what it asks of scikit-learn.

    It asks for the names of all estimators, to trust them, and so imports every module
    of scikit-learn, and one of PyTorch where it is installed: for types that no model
    of rocktag has. `TRUSTED` names those that one has. And scikit-learn imports pandas
    where it is installed, for tables that nobody gives it here.
    """
    if "skops.io" not in sys.modules:
        with hidden("pandas"):
            from sklearn import utils

        all_estimators = utils.all_estimators
        utils.all_estimators = list
        try:
            import_module("skops.io")
        finally:
            utils.all_estimators = all_estimators
    return import_module("skops.io")


def _canonical(node: Any, source: zipfile.ZipFile, names: dict[bytes, str]) -> Any:
    """Return the node without addresses, arrays named as they first appear.

    A dictionary's keys stand among a node's own, so words such as "file" can too; their
    values are nodes, where skops' own are plain.
    """
    if isinstance(node, list):
        return [_canonical(child, source, names) for child in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _canonical(child, source, names)
        for key, child in node.items()
        if key != "__id__" or isinstance(child, dict)
    }
    if node.get("__loader__") == "ObjectNode":
        _forget_address(kept["content"])
    if isinstance(node.get("file"), str):
        array = _without_padding(source.read(node["file"]))
        kept["file"] = names.setdefault(array, f"{len(names)}.npy")
    return kept


def _forget_address(attributes: Any) -> None:
    """Make None of where in memory a vectoriser saw its stop words; it looks again."""
    if isinstance(attributes, dict) and _ADDRESS in attributes.get("content", {}):
        attributes["content"][_ADDRESS]["content"] = "null"


def _without_padding(array: bytes) -> bytes:
    """Return the .npy file with zeros between the fields of its records, if it has any.

    A file of another kind, such as a sparse matrix's, is returned as it is.
    """
    if not array.startswith(np.lib.format.MAGIC_PREFIX):
        return array
    records = np.load(io.BytesIO(array), allow_pickle=False)
    if records.dtype.names is None:
        return array
    padded = np.zeros(records.shape, records.dtype)  # zeros_like skips the padding
    for field in records.dtype.names:
        padded[field] = records[field]
    content = io.BytesIO()
    np.save(content, padded, allow_pickle=False)
    return content.getvalue()


def _check_trees(part: Any) -> None:
    """Raise ValueError where a tree would lead out of its arrays, or in a ring."""
    if hasattr(part, "tree_"):
        tree, here = part.tree_, np.arange(part.tree_.node_count)
        leaf = tree.children_left == -1
        children = np.stack([tree.children_left, tree.children_right])[:, ~leaf]
        features = tree.feature[~leaf]
        ahead = (children > here[~leaf]) & (children < tree.node_count)
        known = (features >= 0) & (features < part.n_features_in_)
        if not (ahead.all() and known.all() and tree.node_count):
            raise ValueError("a tree of it has impossible nodes")
    for child in _parts(part):
        _check_trees(child)


def _parts(part: Any) -> Iterable[Any]:
    if isinstance(part, dict):
        return part.values()
    if isinstance(part, list | tuple):
        return part
    if isinstance(part, np.ndarray):
        return part.flat if part.dtype.hasobject else ()
    return vars(part).values() if hasattr(part, "__dict__") else ()


def _write(target: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # as on Unix, wherever it is written
    entry.compress_type = zipfile.ZIP_DEFLATED
    target.writestr(entry, content)
