"""What people and programs said of objects, as filters ask it: by object, source and name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.object_annotation import ObjectAnnotation

OBJECTS_MAX: Final = 200_000
"""Of more, those of which nothing was said for longest are forgotten."""
Names = NDArray[np.str_]


class LiveAnnotations:
    """A `sky.catalogues.Annotations` that changes between two batches."""

    def __init__(self, annotations: Iterable[ObjectAnnotation] = ()) -> None:
        self._texts: OrderedDict[str, dict[tuple[str, str], str]] = OrderedDict()
        self._numbers: OrderedDict[str, dict[tuple[str, str], float]] = OrderedDict()
        for one in annotations:
            self.put(one)

    def put(self, one: ObjectAnnotation) -> None:
        """Have this from now on; what the source said before by the same names is replaced."""
        texts, numbers = {**one.texts, "kind": one.kind}, one.numbers
        self._texts.setdefault(one.object_id, {}).update(
            {(one.source, name): text for name, text in texts.items()}
        )
        self._numbers.setdefault(one.object_id, {}).update(
            {(one.source, name): number for name, number in numbers.items()}
        )
        for held in (self._texts, self._numbers):
            held.move_to_end(one.object_id)
            if len(held) > OBJECTS_MAX:
                held.popitem(last=False)

    def texts(self, source: str, name: str, object_id: Names) -> Names:
        """Of each object, (n,); empty where nothing was said."""
        key = source, name
        found = [self._texts.get(each, {}).get(key, "") for each in object_id.tolist()]
        return np.array(found, np.str_)

    def numbers(self, source: str, name: str, object_id: Names) -> NDArray[np.float64]:
        """Of each object, (n,); NaN where nothing was said."""
        key = source, name
        found = [self._numbers.get(each, {}).get(key, np.nan) for each in object_id.tolist()]
        return np.array(found, np.float64)
