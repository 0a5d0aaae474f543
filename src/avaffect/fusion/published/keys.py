"""How the published code names the weights of its networks, and how ours are named.

Our name on the left, the published one on the right. The published names are those of the modules
in the authors' public repositories, read there:

- `jca.abaw3`: JointCrossAttentional-AV-Fusion, models/cam.py
- `jca.tbiom`, `jca.tbiom512`, `coattention.tbiom`: Joint-Cross-Attention-for-Audio-Visual-Fusion,
  models/cam.py, Jcam_512.py and orig_cam.py, the last with the joint BLSTM and without those of single
  streams, as its main.py trains it
- `ca.fg2021`: Cross-Attentional-AV-Fusion, models/cam.py
- `rjcma.abaw6`: RJCMA, models/av_crossatten.py and dense_coattn.py, which models/model.py calls coattn
- `rjca.icassp2023`: RecurrentJointAttentionwithLSTMs, models/orig_cam.py, with models/layer.py,
  audguide_att.py, dense_coattn.py and av_crossatten.py as in the T-BIOM repository
- `dca.icme2024`: Dynamic-CrossAttention, models/orig_cam.py and dense_coattn.py, with the rest as
  above
- `rjca-pv`: RJCAforSpeakerVerification, orig_cam.py and trainer.py
- `dca-pv`: DCAforPersonVerification, dca_cam.py and trainer.py, which saves the class weights beside

None is assumed, but for one thing: that the files the RJCA and DCA repositories leave out are
those of the T-BIOM repository. The authors have published no weights, so no map has met a file of
theirs.
"""

from __future__ import annotations


def _linear(ours: str, published: str, *, bias: bool = True) -> dict[str, str]:
    leaves = ("weight", "bias") if bias else ("weight",)
    return {f"{ours}.{leaf}": f"{published}.{leaf}" for leaf in leaves}


def _blstm(ours: str, published: str) -> dict[str, str]:
    """Two layers; ours are four LSTMs of one direction, the published one holds all."""
    keys = {f"{ours}.state": f"{published}.init_hidden"}
    for layer in range(2):
        for leaf in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            theirs = f"{published}.rnn.{leaf}_l{layer}"
            keys[f"{ours}.forwards.{layer}.{leaf}_l0"] = theirs
            keys[f"{ours}.backwards.{layer}.{leaf}_l0"] = f"{theirs}_reverse"
    return keys | _linear(f"{ours}.skip", f"{published}.linear")


def _coattention(
    ours: str,
    published: str,
    layers: int,
    *,
    streams: tuple[str, ...] = ("visual", "audio"),
    query: bool = True,
) -> dict[str, str]:
    """The published block numbers its streams."""
    keys: dict[str, str] = {}
    for layer in range(layers):
        mine, theirs = f"{ours}layers.{layer}", f"{published}.dcn_layers.{layer}"
        if query:
            keys |= _linear(f"{mine}.query", f"{theirs}.dense_coattn.query_linear")
        for number, stream in enumerate(streams, start=1):
            side = f"{mine}.streams.{stream}"
            keys |= _linear(f"{side}.key", f"{theirs}.dense_coattn.key{number}_linear")
            keys |= _linear(f"{side}.value", f"{theirs}.dense_coattn.value{number}_linear")
            keys |= _linear(f"{side}.out", f"{theirs}.linears.{number - 1}.0")
    return keys


def _jca(heads: tuple[str, ...], *, encoders: bool = True) -> dict[str, str]:
    keys: dict[str, str] = {}
    for number, (stream, letter) in enumerate((("audio", "a"), ("visual", "v")), start=1):
        side = f"fusion.steps.blocks.0.streams.{stream}"
        if encoders:
            keys |= _linear(f"encoders.{stream}", f"encoder{number}")
        keys |= _linear(f"{side}.joint", f"affine_{letter}", bias=False)
        keys |= _linear(f"{side}.own", f"W_{letter}", bias=False)
        keys |= _linear(f"{side}.cross", f"W_c{letter}", bias=False)
        keys |= _linear(f"{side}.out", f"W_h{letter}", bias=False)
    for index, head in enumerate(heads):
        keys |= _linear(f"heads.{index}.0", f"{head}.0") | _linear(f"heads.{index}.2", f"{head}.2")
    return keys


def _recurrent(fusion: dict[str, str], *, stream_temporal: bool = True) -> dict[str, str]:
    keys = (
        _blstm("joint_temporal", "Joint")
        | _linear("spatial.visual", "video_attn.attn.affine_video")
        | _linear("spatial.audio", "video_attn.attn.affine_audio")
        | _linear("spatial.visual_score", "video_attn.attn.affine_v", bias=False)
        | _linear("spatial.audio_score", "video_attn.attn.affine_g", bias=False)
        | _linear("spatial.score", "video_attn.attn.affine_h", bias=False)
        | _linear("spatial.out", "video_attn.attn.affine_feat")
        | fusion
    )
    if stream_temporal:
        keys |= _blstm("audio_temporal", "audio_extract") | _blstm("visual_temporal", "video_extract")
    for index, head in enumerate(("vregressor", "aregressor")):
        keys |= _linear(f"heads.{index}.0", f"{head}.0") | _linear(f"heads.{index}.3", f"{head}.3")
    return keys


def _person(fusion: dict[str, str]) -> dict[str, str]:
    keys = _blstm("temporal.visual", "JCA_model.video_extract") | _blstm(
        "temporal.audio", "JCA_model.audio_extract"
    )
    keys |= {f"pooling.norm.{leaf}": f"asp.attention.2.{leaf}" for leaf in ("running_mean", "running_var")}
    for ours, number in (("hidden", 0), ("norm", 2), ("score", 4)):
        keys |= _linear(f"pooling.{ours}", f"asp.attention.{number}")
    return keys | _linear("out", "linear") | fusion


PUBLISHED_KEYS: dict[str, dict[str, str]] = {
    "jca.abaw3": _jca(("regressor",)),
    "jca.tbiom": _jca(("vregressor", "aregressor")),
    "jca.tbiom512": _jca(("regressor",), encoders=False),
    "coattention.tbiom": _recurrent(_coattention("fusion.", "coattn", layers=1), stream_temporal=False),
    "ca.fg2021": {"correlation.weight": "corr_weights"},
    "rjca.icassp2023": _recurrent(_coattention("fusion.", "coattn", layers=1)),
    "dca.icme2024": _recurrent(
        _coattention("fusion.attention.", "coattn", layers=2)
        | _linear("fusion.gates.streams.visual.logits", "video_gating_fc_layer")
        | _linear("fusion.gates.streams.audio.logits", "audio_gating_fc_layer")
    ),
    "rjcma.abaw6": _coattention("", "coattn", 2, streams=("visual", "audio", "text"), query=False),
    "rjca-pv": _person(_coattention("fusion.", "JCA_model.coattn", 2) | _blstm("joint", "JCA_model.Joint")),
    "dca-pv": _person(
        _coattention("fusion.attention.", "JCA_model.coattn", 2)
        | _linear("fusion.gates.streams.visual.logits", "JCA_model.video_gating_fc_layer")
        | _linear("fusion.gates.streams.audio.logits", "JCA_model.audio_gating_fc_layer")
    ),
}
"""For each name that `import_checkpoint` reads: our name of each weight, and the published one."""

_PERSON_UNUSED = ("JCA_model.video_attn.", "asp.attention.2.num_batches_tracked")

UNUSED: dict[str, tuple[str, ...]] = {
    "rjcma.abaw6": tuple(
        f"coattn.dcn_layers.{layer}.dense_coattn.query_linear.{leaf}"
        for layer in range(2)
        for leaf in ("weight", "bias")
    ),
    "rjca-pv": (*_PERSON_UNUSED, "JCA_model.predict."),
    "dca-pv": (
        *_PERSON_UNUSED,
        "JCA_model.Joint.",
        "JCA_model.vregressor.",
        "JCA_model.aregressor.",
        "weight",  # of the classes of the training set
    ),
}
"""Published names, or the beginnings of them, of what is stored and takes no part in the output."""

PARTS: dict[str, str] = {"rjcma.abaw6": "coattn."}
"""Where a network here is a part of the published one: how the names of its weights begin."""
