"""Writes `src/avaffect/weights/silero/speech.onnx`: Silero's network with the weights of its wheel.

    .venv/bin/python scripts/graphs/speech_activity.py

The network (https://github.com/snakers4/silero-vad, MIT) takes 32 ms of 16 kHz sound and the 4 ms before: a
learned short-time Fourier transform, four convolutions, an LSTM over time, a sigmoid. The wheel has it as a
graph that takes one chunk at a time; here everything but the LSTM runs on many chunks at once.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from avaffect.export.graph import write_graph
from avaffect.session import shipped
from avaffect.voice.speech import CHUNK, CONTEXT


class SpeechNet(nn.Module):
    """Silero's 16 kHz network over successive chunks (t, CONTEXT + CHUNK).

    Each begins with the end of the one before. It gives the probability of speech in each, (t,), and the
    LSTM's two states (1, 1, 128) after the last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 258, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(129, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, 128, 3, padding=1)
        self.lstm = nn.LSTM(128, 128)
        self.final_conv = nn.Conv1d(128, 1, 1)

    def forward(self, chunks: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = nn.functional.pad(chunks[:, None], (0, 64), mode="reflect")
        real, imaginary = self.stft_conv(x).chunk(2, dim=1)
        x = (real.square() + imaginary.square()).sqrt()  # (t, 129, 4)
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = layer(x).relu()
        x, hidden, cell = self._recur(x.squeeze(-1)[:, None], hidden, cell)  # (t, 1, 128)
        return self.final_conv(x.transpose(1, 2).relu()).sigmoid()[:, 0, 0], hidden, cell

    def _recur(self, x: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if not torch.compiler.is_exporting():
            x, (hidden, cell) = self.lstm(x, (hidden, cell))
            return x, hidden, cell
        # As ONNX's own operator: torch's exporter fixes the length.
        weights = (self.lstm.weight_ih_l0, self.lstm.weight_hh_l0)
        inner, outer = (_onnx_order(each)[None] for each in weights)
        bias = torch.cat([_onnx_order(self.lstm.bias_ih_l0), _onnx_order(self.lstm.bias_hh_l0)])[None]
        y, hidden, cell = torch.onnx.ops.symbolic_multi_out(
            "LSTM",
            (x, inner, outer, bias, None, hidden, cell),
            {"hidden_size": 128},
            dtypes=(torch.float32,) * 3,
            shapes=([x.shape[0], 1, 1, 128], hidden.shape, cell.shape),
            version=20,
        )
        return y[:, 0], hidden, cell


def _onnx_order(gates: Tensor) -> Tensor:
    """Gates (512, ...) in the order of torch, i f g o, in that of ONNX, i o f g."""
    enter, keep, new, out = gates.chunk(4)
    return torch.cat([enter, out, keep, new])


def network() -> SpeechNet:
    """The network with the published weights."""
    spec = importlib.util.find_spec("silero_vad")  # importing it sets the threads of the process
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the wheel has this form and no other
        path = Path(str(spec and spec.origin)).parent / "data" / "silero_vad.jit"
        state = torch.jit.load(str(path), map_location="cpu").state_dict()
    net = SpeechNet()
    net.load_state_dict({ours: state[f"_model.{theirs}"] for ours, theirs in _NAMES.items()})
    return net.eval()


_NAMES = {
    "stft_conv.weight": "stft.forward_basis_buffer",
    "final_conv.weight": "decoder.decoder.2.weight",
    "final_conv.bias": "decoder.decoder.2.bias",
    **{
        f"conv{i + 1}.{kind}": f"encoder.{i}.reparam_conv.{kind}"
        for i in range(4)
        for kind in ("weight", "bias")
    },
    **{f"lstm.{kind}_l0": f"decoder.rnn.{kind}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
}


def main() -> None:
    state = torch.zeros(1, 1, 128)
    chunks = torch.zeros(5, CONTEXT + CHUNK)
    write_graph(
        network(),
        {"chunks": chunks, "hidden": state, "cell": state.clone()},
        shipped("silero/speech.onnx"),
        axes={"chunks": {0: "time"}},
        outputs=["probabilities", "hidden_after", "cell_after"],
    )


if __name__ == "__main__":
    main()
