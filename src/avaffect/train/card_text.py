"""The text of model cards."""

from __future__ import annotations

import textwrap

from .corpus_terms import CORPORA, is_free
from .paired import LABEL_SHARES
from .recipe import CorpusRecipe

USE = """\
Research on expressed affect, teaching, comparison of fusion methods; with people who know and agree.

Not for decisions about individuals. In the European Union, inferring emotions of people at work or in
education is prohibited except for medical or safety reasons (Regulation (EU) 2024/1689, Art. 5(1)(f)).
"""

FACE_FIGURES = """\
Face encoder, on test images that are in no other split (`accuracy`: against the raters' first choice,
`accuracy_agreed`: where more than half of them chose it, `uar`: unweighted average recall; `ccc` and Pearson
correlation `r` with the vote proxies or the ratings):
"""

ADAPT_FIGURES = """\
Face encoder on the videos of actors, each read by an encoder that never saw the actor; one value a clip:
"""

VOICE_FIGURES = """\
Voice encoder, each clip read by an encoder that was trained without its corpus, or without the actor
(`acted`: the sound of the videos of actors); one value a clip (`uar`: unweighted average recall; `ccc` and
Pearson correlation `r` with the proxies):
"""

STRANGER_FIGURES = """\
The whole model on people it has never met: each clip read by encoders and a network that were trained
without its corpus, or without the actor; one value a clip, on the scale that the model gives. `acted`: the
videos of actors, with both streams, and with one of them hidden; the others are speech without a picture. The
labels are proxies: the coordinates of the acted emotion:
"""

COVERAGE_FIGURES = """\
Share of labels inside the intervals, meant to be {coverage:.2f}, on people never met: the widths come from
all other folds of corpora and actors. `ticks`: the interval of each tick, `clips`: the mean of a clip in the
mean interval:
"""

UNSEEN_FIGURES = """\
The same on whole corpora that were not used in training, neither their people nor their recording conditions:
"""

FUSION_FIGURES = """\
Fusion on paired sequences of test faces and test speakers, CCC with their proxy label; `clean`, and
`corrupted`: spans missing, blurred or noisy; `audio`, `visual`: the same model with the other stream masked,
`mean`: the mean of these two. All systems are compared at all times at which a face or a voice is available.
The figures say how well two streams are combined, not how well people are read:
"""

ALONE_FIGURES = """\
On paired sequences of test faces and test speakers, CCC with their proxy label, which is that of face and
voice together; `clean`, and `corrupted`: spans missing, blurred or noisy. The figures are over all times at
which a face or a voice is available, also where the model's own stream is missing:
"""

ATTENDED = """\
Correlation of the gates with corruption. `attended` is the share that a stream takes from joint attention
instead of its own features: where a stream is corrupted, more of it should come from the other.
"""

SHARE = """\
Correlation of the gates with corruption. `share` is a stream's own share of the fused features: where a
stream is corrupted, its share should fall.
"""


def targets(settings: CorpusRecipe) -> str:
    """What the labels are, for the corpora of a recipe."""
    parts = []
    if "diffusionfer" in settings.face.corpora:
        parts.append("Only DiffusionFER rates valence and arousal, of synthetic faces.")
    proxies = ["weighted by the raters' votes (faces)"] if "ferplus" in settings.face.corpora else []
    proxies.append("scaled by the acted intensity (voices)")
    parts.append(
        "All other targets are proxies: the circumplex coordinates of emotion names (Russell & Mehrabian "
        '1977, "Evidence for a three-factor theory of emotions"; entries that are ours are marked in '
        f"`avaffect.corpus.emotions`), {' or '.join(proxies)}."
    )
    parts.append(
        "The network behind the encoders learned from paired sequences, which put a speaker's clips together "
        "with other people's faces of similar valence and arousal."
    )
    if settings.acted is not None:
        parts.append(
            f"{settings.acted.share:.0%} of the sequences are videos of actors instead: real pairs of face "
            "and voice. All features came from encoders that had not seen the face, the corpus or the actor."
        )
    audio, visual = LABEL_SHARES["audio"], LABEL_SHARES["visual"]
    parts.append(
        f"Where both are available, the label is {visual[0]:.0%} face and {audio[0]:.0%} voice for valence, "
        f"{visual[1]:.0%} face and {audio[1]:.0%} voice for arousal: how raters of CREMA-D weigh them."
    )
    return textwrap.fill(" ".join(parts), 110) + "\n"


def limits(settings: CorpusRecipe) -> str:
    """What the model does not cover, for the corpora of a recipe."""
    names = {"audio": settings.voice.corpora, "visual": settings.face.corpora}
    people = {
        stream: "; ".join(f"{CORPORA[name].name}: {CORPORA[name].people}" for name in names[stream])
        for stream in settings.streams
    }
    heads = {"audio": "Voices", "visual": "Faces"}
    parts = [f"- {heads[stream]} of the training. {who}." for stream, who in people.items()]
    if "visual" in people:
        parts.append(_SPEECH if settings.acted is None else _TALKING)
    if "audio" in people:
        parts.append(_VOICE)
    if is_free(settings):
        parts.append(
            "- Few free corpora exist: these weights read people much worse than those of `hgrjca.default`."
        )
    intervals = _INTERVALS
    if settings.acted is not None:  # the clips that it is measured on
        intervals += f" They are wider for {' and '.join(_WIDER[stream] for stream in settings.streams)}."
    parts += [_GROUPS, textwrap.fill(intervals, 110, subsequent_indent="  ")]
    return "\n".join([_ACTED, *parts]) + "\n"


_ACTED = """\
- Acted and posed expressions, from still pictures and short clips: spontaneous ones are weaker and mixed.
  Neither the training nor the figures above use a person's rating of a video."""

_SPEECH = """\
- Faces are still pictures: the mouth movement of speech was only imitated in training, by warping them. It
  may be read as expression."""

_TALKING = """\
- Most faces of the training are still pictures. Those of people who speak are of a few actors: the mouth
  movement of speech may still be read as expression."""

_VOICE = """\
- Valence is read worse from the voice than arousal, and in conversation worse than in acted sentences
  (docs/cross_corpus.md of the project). The voice is left out for a person only while their mouth visibly
  stays still: a listener whose lips move, cannot be read or are too small still gets it."""

_GROUPS = """\
- Groups not covered: children, old people, languages and accents other than those named, and anyone whose
  face or voice works differently (palsy, aids to speech, masks, veils). Age, gender and skin colour in the
  pictures were not counted: the error by group is unknown, and must not be assumed equal."""

_INTERVALS = "- Intervals hold for people and recordings like those of the calibration set, which are acted."
_WIDER = {
    "audio": "a voice in noise",
    "visual": "a small or blurred face (not for a turned one: watch `face_conf`)",
}
