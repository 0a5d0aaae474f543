"""What is wrong with a request, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..schema import short

_OBJECT, _LIST = "expected a JSON object", "expected a JSON list"
_WORDS = {
    "missing": "is missing",
    "json_invalid": "is not valid JSON",
    "dataclass_type": _OBJECT,
    "dict_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "extra_forbidden": "is no key that is known here",
    "unexpected_keyword_argument": "is no key that is known here",
}
"""What to say of a mistake, by pydantic's name for it, where its own words speak of Python."""


def in_words(error: Mapping[str, Any]) -> str:
    """One of the errors that pydantic lists for a request.

    >>> in_words({"type": "dataclass_type", "loc": ("body",), "msg": "...", "input": [1]})
    'the body: expected a JSON object, it is [1]'
    >>> in_words({"type": "missing", "loc": ("body", "file"), "msg": "..."})
    'file: is missing'
    """
    kind, (place, *inside) = error["type"], error["loc"]
    of_the_whole = not inside or kind == "json_invalid"
    where = f"the {place}" if of_the_whole else ".".join(str(part) for part in inside if part != "[key]")
    said = _WORDS.get(kind, error["msg"])
    if kind == "too_short":
        few = error["ctx"]
        return f"{where}: expected {few['min_length']} or more, there are {few['actual_length']}"
    if kind == "value_error" and "UploadFile" in error["msg"]:
        return f"{where}: expected a file, it is text; with curl write -F file=@talk.mp4"
    if kind in ("missing", "json_invalid"):
        return f"{where}: {said}; {_OBJECT}" if of_the_whole else f"{where}: {said}"
    return f"{where}: {said}, it is {short(error.get('input'))}"
