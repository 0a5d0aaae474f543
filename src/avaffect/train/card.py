"""The model card: what the weights were made of, what they are good for, and what not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..spec import Spec

CORPORA = (
    ("FER2013 images", "no clear licence (2013 challenge)", "face encoder, fusion"),
    ("FERPlus votes", "MIT", "face encoder, fusion"),
    ("DiffusionFER", "CC0", "face encoder, fusion"),
    ("RAVDESS", "CC BY-NC-SA 4.0", "voice encoder, fusion"),
    ("EmoDB", "free for research", "voice encoder, fusion"),
    ("nEMO (subset)", "CC BY-NC-SA 4.0", "voice encoder, fusion"),
    ("TESS (subset)", "CC BY-NC-ND 4.0", "voice encoder, fusion"),
    ("EmoGator (subset)", "Apache-2.0", "voice encoder, fusion"),
)
"""Name, terms, use."""

LICENCE = "non-commercial research only (terms of the training corpora)"

MEANING = (
    "How pleasant (valence) and how activated (arousal) an expression looks and sounds to raters, each in "
    "[-1, 1]; not what the person feels. Learnt from proxies: emotion names and votes turned into "
    "valence and arousal by published coordinates."
)


def write_card(spec: Spec, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The card as markdown, with the figures of the run's stages by stage."""
    face, voice = figures["face"]["test"], figures["voice"]["test"]
    parts = [
        f"# {spec.name}\n\n{spec.meaning}\n",
        f"Licence of the weights: {spec.licence}.\n",
        "## Use\n",
        _USE,
        "## Made of\n",
        _table(("corpus", "terms", "used for"), [(c.name, c.terms, c.use) for c in spec.corpora]),
        _TARGETS,
        "## Figures on held-out data\n",
        "Face encoder (test images that are in no other split; FERPlus accuracy against the raters' first "
        "choice; its CCC against the vote proxies, that of DiffusionFER against ratings):\n",
        _figures(face),
        "Voice encoder (test speakers; `uar`: unweighted average recall; CCC against the proxies):\n",
        _figures(voice),
        "Fusion on made-up sequences of held-out faces and held-out speakers, CCC against their proxy "
        "label; `clean`, and `worn` with spans missing, blurred or noisy; `audio`, `visual`: the same model "
        "with the other stream masked, `mean`: the mean of these two. The figures say how well two "
        "streams are combined, not how well people are read:\n",
        _fusion(figures["fusion"]),
        "Intervals: half-width and share of labels inside it, meant to be "
        f"{spec.coverage:.2f}, on test identities:\n",
        _intervals(figures["calibration"]),
        "## Limits\n",
        _LIMITS,
    ]
    return "\n".join(parts)


def _figures(figures: Mapping[str, float]) -> str:
    return _table(("figure", "value"), [(name, f"{value:.3f}") for name, value in figures.items()])


def _fusion(figures: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for system in ("fusion", "audio", "visual", "mean"):
        row = [f"{figures[kind][f'{system}/ccc_{target}']:.3f}" for kind, target in _COLUMNS]
        rows.append((system, *row))
    gains = [
        "{:+.3f} ({:+.3f} to {:+.3f})".format(*figures[kind]["advantage"][target])
        for kind, target in _COLUMNS
    ]
    rows.append(("fusion less the best other (95 %, sequences resampled)", *gains))
    trust = [
        f"- {name.replace('/', ' with ')}: {value:+.2f}" for name, value in figures["worn"]["trust"].items()
    ]
    table = _table(("system", *(f"{kind} {target}" for kind, target in _COLUMNS)), rows)
    return table + _TRUST + "\n".join(trust) + "\n"


_COLUMNS = tuple((kind, target) for kind in ("clean", "worn") for target in ("valence", "arousal"))


def _intervals(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    rows = [
        (name, target, f"{width:.3f}", f"{figures['coverage'][name][target]:.3f}")
        for name, widths in figures["half_widths"].items()
        for target, width in widths.items()
    ]
    return _table(("available", "target", "half-width", "covered"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


_TRUST = """
Correlation with damage, `worn`, of the share that the gates take from joint attention instead of the stream
itself (`trust`): where a stream is damaged, more of it should come from the other.

"""

_USE = """\
Research on expressed affect, teaching, comparison of fusion methods; with people who know and agree.

Not for decisions about individuals. In the European Union, inferring emotions of people at work or in
education is prohibited except for medical or safety reasons (Regulation (EU) 2024/1689, Art. 5(1)(f)).
"""

_TARGETS = """\
Only DiffusionFER rates valence and arousal, of synthetic faces. All other targets are proxies: the circumplex
coordinates of emotion names (Russell & Mehrabian 1977, "Evidence for a three-factor theory of emotions";
entries that are ours are marked in `avaffect.corpus.circumplex`), weighted by the raters' votes (faces)
or scaled by the acted intensity (voices). No corpus pairs a face with a voice: the fusion learnt from
sequences in which a speaker's clips and other people's faces of like valence and arousal are put together.
"""

_LIMITS = """\
- Acted and posed expressions, seen in still pictures and heard in short sentences: spontaneous ones are
  weaker and mixed. The model has been compared with no person's rating of a video.
- Few voices (some forty speakers of English, German and Polish in training), few old people, no children's
  voices; the faces are web images whose groups nobody counted. Error by group is unknown.
- Mouth movement of speech was not in the training pictures and may read as expression.
- Intervals hold for people and recordings like those of the calibration set, which are acted.
"""
