"""What is wrong with a command line, in one line each: what was given, what was expected, what to type."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import typer

from ..errors import AvaffectError

_KINDS = {int: "a whole number", float: "a number"}


def value_of(param: Any, context: Any, given: Any) -> Any:
    """The value of an option or argument, as a verb takes it.

    Parameters
    ----------
    param : typer's parameter
    context : typer's context
    given : object
        What stands on the command line, or the default.

    Raises
    ------
    AvaffectError
        If it is empty, as a variable of the shell that is not set is, or not what is expected.
    """
    name = _name(param)
    if "" in (given if isinstance(given, list | tuple) else [given]):
        raise AvaffectError(f"{name} '': is empty; give a value, or set the variable that stands there")
    try:
        return type(param).process_value(param, context, given)
    except typer.BadParameter as error:
        faults = getattr(error.__cause__, "errors", None)  # of pydantic, which typer asks
        if faults is None:
            raise
        expected = _expected(param) or faults()[0]["msg"]
        raise AvaffectError(f"{name} {faults()[0]['input']}: expected {expected}") from error


def fault(error: typer.TyperException) -> AvaffectError | None:
    """Why typer does not understand a command line; None where it has printed the help instead."""
    if not (text := error.format_message().rstrip(".")):
        return None
    for word in sys.argv[1:]:
        if word.startswith("-") and os.path.exists(word):
            return AvaffectError(f"{text}; {word} is a file here: write ./{word}")
        if word.startswith(getattr(error, "option_name", word + "?")) and Path(word).suffix:
            return AvaffectError(f"{text}; if {word} is a file, write ./{word}")
    context = getattr(error, "ctx", None)
    return AvaffectError(f"{text}; see {context.command_path if context else 'avaffect'} --help")


def _name(param: Any) -> str:
    """An option's long name, or what an argument is called."""
    return max(param.opts, key=len) if param.param_type_name == "option" else str(param.name)


def _expected(param: Any) -> str | None:
    """What a number or a choice may be, and an example; None of anything else."""
    described = param.type_descriptor
    example = param.default if isinstance(param.default, int | float) else described.parameter_info.min
    if described.choices is not None:
        choices = [str(getattr(choice, "value", choice)) for choice in described.choices]
        return f"one of {', '.join(choices)}; such as {_name(param)} {choices[0]}"
    kind = _KINDS.get(described.annotation)
    if kind is None:
        return None
    bounds = [
        f" {word} {bound:g}" for word, bound in (("from", param.min), ("to", param.max)) if bound is not None
    ]
    return f"{kind}{''.join(bounds)}, such as {_name(param)} {1 if example is None else example:g}"
