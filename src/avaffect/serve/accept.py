"""In which form a result is given: by what a client accepts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, HTTPException

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {JSON: "json", CSV: "csv", PARQUET: "parquet", XLSX: "xlsx"}

IN_DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            CSV: {"schema": {"type": "string"}},
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}
"""For the OpenAPI document: the forms of an answer beside JSON."""

Accept = Annotated[str, Header(description="A type of JSON, csv, Parquet or xlsx.")]


def accepted(header: str) -> str:
    """Of `KINDS`, the one that an Accept header likes best.

    Raises
    ------
    HTTPException
        406, if it takes none of them.

    >>> accepted("text/csv;q=0.5, application/*"), accepted("text/*")
    ('json', 'csv')
    """
    likes: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        weights = [each[2:] for each in parameters if each.startswith("q=")]
        try:
            likes[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            likes[name] = 0.0
    best, most = None, 0.0
    for kind in KINDS:
        like = next((likes[n] for n in (kind, f"{kind.split('/')[0]}/*", "*/*") if n in likes), 0.0)
        if like > most:
            best, most = kind, like
    if best is None:
        raise HTTPException(406, f"{header[:100]!r} is not to be had; accept {', '.join(KINDS)}")
    return KINDS[best]
