"""What model cards say in words."""

from __future__ import annotations

from ..paired import SHARES
from ..recipe import Recipe
from .corpora import CORPORA, is_free

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

VOICE_FIGURES = """\
Voice encoder, on test speakers (`uar`: unweighted average recall; `ccc` and Pearson correlation `r` with
the proxies):
"""

UNSEEN_FIGURES = """\
The same on whole corpora of which training saw nothing, neither people nor pictures nor microphones:
"""

FUSION_FIGURES = """\
Fusion on made-up sequences of held-out faces and held-out speakers, CCC against their proxy label; `clean`,
and `worn` with spans missing, blurred or noisy; `audio`, `visual`: the same model with the other stream
masked, `mean`: the mean of these two. All are judged wherever a face or a voice is there. The figures say
how well two streams are combined, not how well people are read:
"""

ALONE_FIGURES = """\
On made-up sequences of held-out faces and held-out speakers, CCC against their proxy label, which is that of
face and voice together; `clean`, and `worn` with spans missing, blurred or noisy. The model is judged
wherever a face or a voice is there, also where its own stream is missing:
"""

ATTENDED = """\
Correlation of the gates with damage, `worn`. `attended` is the share that a stream takes from joint attention
instead of its own features: where a stream is damaged, more of it should come from the other.
"""

SHARE = """\
Correlation of the gates with damage, `worn`. `share` is a stream's own share of the fused features: where a
stream is damaged, its share should fall.
"""


def targets(settings: Recipe) -> str:
    """What the labels are, for the corpora of a recipe."""
    said = []
    if "diffusionfer" in settings.face.corpora:
        said.append("Only DiffusionFER rates valence and arousal, of synthetic faces.")
    voted = "ferplus" in settings.face.corpora
    proxies = ["weighted by the raters' votes (faces)"] if voted else []
    proxies.append("scaled by the acted intensity (voices)")
    said.append(
        "All other targets are proxies: the circumplex\ncoordinates of emotion names (Russell & Mehrabian "
        '1977, "Evidence for a three-factor theory of emotions";\n'
        f"entries that are ours are marked in `avaffect.corpus.emotions`), {' or '.join(proxies)}."
    )
    said.append(
        "No corpus\npairs a face with a voice: the part behind the encoders learnt from sequences in which a "
        "speaker's clips and\nother people's faces of like valence and arousal are put together."
    )
    said.append(_BOTH.format(**SHARES))
    return " ".join(said) + "\n"


def limits(settings: Recipe) -> str:
    """What the model does not know, for the corpora of a recipe."""
    names = {"audio": settings.voice.corpora, "visual": settings.face.corpora}
    people = {
        stream: "; ".join(f"{CORPORA[name].name}: {CORPORA[name].people}" for name in names[stream])
        for stream in settings.fusion.streams
    }
    heads = {"audio": "Voices", "visual": "Faces"}
    told = [f"- {heads[stream]} of the training. {who}." for stream, who in people.items()]
    if "visual" in people:
        told.append(_TALK)
    if "audio" in people:
        told.append(_VOICE)
    if is_free(settings):
        told.append(
            "- Few free corpora exist: these weights read people much worse than those of `hgrjca.default`."
        )
    return "\n".join([_ACTED, *told, _GROUPS, _HELD]) + "\n"


_ACTED = """\
- Acted and posed expressions, seen in still pictures and heard in short clips: spontaneous ones are weaker
  and mixed. Training and the figures above know no person's rating of a video."""

_BOTH = """\
Where both are there, the label
goes by the face for {visual[0]:.0%} of the valence and {visual[1]:.0%} of the arousal, by the voice for the
rest (ours)."""

_TALK = """\
- Faces are still pictures: mouth movement of speech was only imitated in training, by warping them, and may
  read as expression."""

_VOICE = """\
- What a voice tells of arousal carries over to corpora that training never heard; what it tells of valence
  hardly does (docs/strangers.md of the project). The voice is taken from a person only while their mouth
  visibly stays still: a listener whose lips move, cannot be read or are too small still gets it."""

_GROUPS = """\
- Groups not covered: children, old people, languages and accents other than those named, and anyone whose
  face or voice works differently (palsy, aids to speech, masks, veils). Nobody counted age, gender or skin
  colour in the pictures: error by group is unknown, and equal error must not be assumed."""

_HELD = """\
- Intervals hold for people and recordings like those of the calibration set, which are acted."""
