"""How help and errors name what an option takes: ``TEXT`` and ``NUMBER [from 1]``, not Python's types."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from textwrap import fill
from typing import Any

from typer.core import TyperCommand, TyperGroup

from .usage import value_of

_WORDS = {"str": "TEXT", "Path": "PATH", "path": "PATH", "int": "NUMBER", "float": "NUMBER"}

_HUGE = 1e9  # a bound from here on only keeps infinity out

_WIDTH = 14  # letters of a line of choices: what is wider takes the room of options' names


class _PlainTypes:
    def get_params(self, ctx: Any) -> Any:
        """The parameters; in the help, those without a value have no type. Their errors are ours."""
        params = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            param.display_type_rich = partial(_type_of, param)
            param._get_number_range_help_str = partial(_range_of, param)
            param.process_value = partial(value_of, param)
        return params

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        with suppress(SystemExit):  # Rich's, when the reader, such as `head`, has enough
            super().format_help(ctx, formatter)  # type: ignore[misc]


class Verb(_PlainTypes, TyperCommand):
    """A verb of the command line."""


class Verbs(_PlainTypes, TyperGroup):
    """A command of which verbs are parts."""


def _range_of(param: Any) -> str | None:
    """Which numbers an option takes; a bound that no sensible value comes near is not shown."""
    if param.max is not None and param.max < _HUGE:
        return f"up to {param.max}" if param.min is None else f"{param.min}–{param.max}"
    return None if param.min is None else f"from {param.min}"


def _type_of(param: Any, ctx: Any) -> str | None:
    """What stands in the column of types."""
    if param.metavar is not None and param.param_type_name == "option":
        return str(param.metavar)
    shown = re.sub(r"^<|>$", "", param.display_type(ctx))
    inner = re.fullmatch(r"list\[(.*)\]", shown)
    kind = (inner[1] if inner else shown).removesuffix(" range")
    if kind == "bool":
        return None
    return _WORDS.get(kind) or fill(kind.replace("|", ", "), _WIDTH, break_long_words=False)
