"""The control network as machine code: one step turns pitch and loudness into 100 harmonics and 65 noise bands, for one
voice or for many at once. [audio]

Nothing here has a type that depends on an instrument: sizes and offsets are plain integers in one record, weights, state
and scratch are slices of float32 arenas. A second instrument of other sizes therefore runs the same machine code
(tests/control/test_compiled.py counts the signatures), and nothing is compiled while somebody plays. Matrices are stored
column by column, so that the inner loops run over outputs: LLVM may vectorise them without reordering any sum.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.control.bundle import Bundle
from jambox.control.layout import (
    BODY_LOWEST_MIDI,
    BODY_POINTS,
    BODY_POINTS_PER_SEMITONE,
    BODY_UNIT_DB,
    EDGE_SOFTNESS,
    HIGHEST_LEVEL_DB,
    LEAK,
    LOWEST_LEVEL_DB,
    SILENCE_GAIN,
    SMALLEST_POWER,
)
from jambox.kernels import kernel

_SIZES = ("n_pitch", "n_loudness", "n_recurrent", "n_hidden", "n_harmonics", "n_noise_bands")
_OFFSETS = (
    "pitch_1_at",
    "pitch_2_at",
    "loudness_1_at",
    "loudness_2_at",
    "recurrent_input_at",
    "recurrent_state_at",
    "hidden_1_at",
    "hidden_2_at",
    "head_at",
    "level_median_at",
    "level_spread_at",
    "body_at",
    "semitones_above_at",
    "harmonic_weight_at",
    "noise_weight_at",
)
_RANGES = ("pitch_centre", "pitch_half", "loudness_centre", "loudness_half")

network_dtype = np.dtype([(name, np.int64) for name in _SIZES + _OFFSETS] + [(name, np.float64) for name in _RANGES])

# The layers in the order in which they are computed; all but those around the recurrent unit and the last end in a bend.
PITCH_1, LOUDNESS_1, PITCH_2, LOUDNESS_2, FROM_INPUT, FROM_STATE, HIDDEN_1, HIDDEN_2, HEAD = range(9)
N_LAYERS = 9

_NEPERS_PER_DB = math.log(10.0) / 20.0

FloatVector = NDArray[np.float32]


def pack_network(bundle: Bundle) -> tuple[NDArray[np.void], FloatVector]:
    """[main] Record (array of one `network_dtype`) and flat float32 weights of a checked bundle, as copies."""
    card, tensors = bundle.card, bundle.tensors
    net = np.zeros(1, dtype=network_dtype)
    for name in ("n_pitch", "n_loudness", "n_recurrent", "n_hidden"):
        net[name] = getattr(card.network, name)
    net["n_harmonics"] = card.n_harmonics
    net["n_noise_bands"] = card.n_noise_bands
    for name in ("pitch", "loudness"):
        net[f"{name}_centre"], net[f"{name}_half"] = tensors[f"{name}_range"].astype(np.float64)
    parts: list[FloatVector] = []

    def append(field: str, *arrays: NDArray[np.float32]) -> None:
        net[field] = sum(part.size for part in parts)
        parts.extend(np.ascontiguousarray(array, dtype=np.float32).ravel() for array in arrays)

    for layer in ("pitch_1", "pitch_2", "loudness_1", "loudness_2", "hidden_1", "hidden_2", "head"):
        append(f"{layer}_at", tensors[f"{layer}.bias"], tensors[f"{layer}.weight"].T)
    append("recurrent_input_at", tensors["recurrent.bias_ih_l0"], tensors["recurrent.weight_ih_l0"].T)
    append("recurrent_state_at", tensors["recurrent.bias_hh_l0"], tensors["recurrent.weight_hh_l0"].T)
    append("level_median_at", tensors["level_median"])
    append("level_spread_at", tensors["level_spread"])
    append("body_at", tensors["body"] * np.float32(BODY_UNIT_DB))
    append("harmonic_weight_at", tensors["harmonic_weight"])
    append("noise_weight_at", tensors["noise_weight"])
    append("semitones_above_at", (12.0 * np.log2(np.arange(1, card.n_harmonics + 1))).astype(np.float32))
    return net, np.concatenate(parts)


def state_size(bundle: Bundle) -> int:
    """[any] Floats of state that one voice of this network keeps; all zero is a fresh voice."""
    return bundle.card.network.n_recurrent


def scratch_size(bundle: Bundle) -> int:
    """[any] Floats that one voice's step may overwrite; their content never matters before a step."""
    sizes, card = bundle.card.network, bundle.card
    inputs = 2 * (sizes.n_pitch + sizes.n_loudness)
    return inputs + 7 * sizes.n_recurrent + 2 * sizes.n_hidden + card.n_harmonics + card.n_noise_bands


@kernel
def _affine(
    weights: FloatVector,
    at: int,
    scratch: FloatVector,
    stride: int,
    rows: int,
    x_at: int,
    n_in: int,
    out_at: int,
    n_out: int,
) -> None:
    """[audio] out = bias + matrix · x for all rows; at weights[at:] lie the bias, then the columns of the matrix.

    Row r of the input begins at scratch[x_at + r * stride], of the output at scratch[out_at + r * stride]. Four columns stay
    in the nearest cache while every row takes them; each row's sums are the same however many rows there are.
    """
    bias = weights[at : at + n_out]
    for row in range(rows):
        out = scratch[out_at + row * stride : out_at + row * stride + n_out]
        for i in range(n_out):
            out[i] = bias[i]
    at += n_out
    n_fours = n_in - n_in % 4
    for j in range(0, n_fours, 4):
        a = weights[at : at + n_out]
        b = weights[at + n_out : at + 2 * n_out]
        c = weights[at + 2 * n_out : at + 3 * n_out]
        d = weights[at + 3 * n_out : at + 4 * n_out]
        for row in range(rows):
            x = x_at + row * stride + j
            xa, xb, xc, xd = scratch[x], scratch[x + 1], scratch[x + 2], scratch[x + 3]
            out = scratch[out_at + row * stride : out_at + row * stride + n_out]
            for i in range(n_out):
                out[i] = (((out[i] + a[i] * xa) + b[i] * xb) + c[i] * xc) + d[i] * xd
        at += 4 * n_out
    for j in range(n_fours, n_in):
        a = weights[at : at + n_out]
        for row in range(rows):
            xa = scratch[x_at + row * stride + j]
            out = scratch[out_at + row * stride : out_at + row * stride + n_out]
            for i in range(n_out):
                out[i] += a[i] * xa
        at += n_out


@kernel
def _bend(x: FloatVector) -> None:
    """[audio] Leaky rectifier in place."""
    leak = np.float32(LEAK)
    for i in range(x.shape[0]):
        x[i] = max(x[i], leak * x[i])


@kernel
def _within(value: float, centre: float, half: float) -> float:
    """[audio] Position in the trained range, -1 to 1, bending into a constant just outside of it."""
    position = (value - centre) / half
    inside = min(max(position, -1.0), 1.0)
    return inside + EDGE_SOFTNESS * math.tanh((position - inside) / EDGE_SOFTNESS)


@kernel
def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@kernel
def _step_recurrent(n: int, from_input: FloatVector, from_state: FloatVector, state: FloatVector) -> None:
    """[audio] Gated recurrent unit (Cho et al. 2014, in PyTorch's form) of one row."""
    for i in range(n):
        reset = _sigmoid(from_input[i] + from_state[i])
        update = _sigmoid(from_input[n + i] + from_state[n + i])
        new = math.tanh(from_input[2 * n + i] + reset * from_state[2 * n + i])
        state[i] = np.float32(new + update * (state[i] - new))


@kernel
def _timbre(
    net: Any,
    weights: FloatVector,
    levels: FloatVector,
    f0_scaled: float,
    loudness_scaled: float,
    harmonic_amplitudes_out: FloatVector,
    noise_magnitudes_out: FloatVector,
) -> None:
    """[audio] What the head said about one row, as amplitudes that are as loud as the input."""
    n_harmonics = net.n_harmonics
    n_outputs = n_harmonics + net.n_noise_bands
    median = weights[net.level_median_at : net.level_median_at + n_outputs]
    spread = weights[net.level_spread_at : net.level_spread_at + n_outputs]
    body = weights[net.body_at : net.body_at + BODY_POINTS]
    weight = weights[net.harmonic_weight_at : net.harmonic_weight_at + BODY_POINTS]
    noise_weight = weights[net.noise_weight_at : net.noise_weight_at + net.n_noise_bands]
    semitones_above = weights[net.semitones_above_at : net.semitones_above_at + n_harmonics]
    fundamental = 127.0 * f0_scaled - BODY_LOWEST_MIDI
    power = SMALLEST_POWER
    for k in range(n_harmonics):
        at = min(max(BODY_POINTS_PER_SEMITONE * (fundamental + semitones_above[k]), 0.0), BODY_POINTS - 1.001)
        low = int(at)
        share = at - low
        level_db = levels[k] * spread[k] + median[k] + (body[low] + share * (body[low + 1] - body[low]))
        value = math.exp(min(max(level_db, LOWEST_LEVEL_DB), HIGHEST_LEVEL_DB) * _NEPERS_PER_DB)
        power += value * value * (weight[low] + share * (weight[low + 1] - weight[low]))
        harmonic_amplitudes_out[k] = np.float32(value)
    for band in range(net.n_noise_bands):
        i = n_harmonics + band
        level_db = levels[i] * spread[i] + median[i]
        value = math.exp(min(max(level_db, LOWEST_LEVEL_DB), HIGHEST_LEVEL_DB) * _NEPERS_PER_DB)
        power += value * value * noise_weight[band]
        noise_magnitudes_out[band] = np.float32(value)
    # as loud as the input: the timbre's own A-weighted power is taken off
    loud = max(math.exp(100.0 * (loudness_scaled - 1.0) * _NEPERS_PER_DB) - SILENCE_GAIN, 0.0)
    gain = np.float32(loud / math.sqrt(power))
    for k in range(n_harmonics):
        harmonic_amplitudes_out[k] *= gain
    for band in range(net.n_noise_bands):
        noise_magnitudes_out[band] *= gain


@kernel
def step_networks(
    net: Any,
    weights: FloatVector,
    states: FloatVector,
    state_stride: int,
    scratch: FloatVector,
    scratch_stride: int,
    rows: NDArray[np.int64],
    n: int,
    f0_scaled: NDArray[np.float64],
    loudness_scaled: NDArray[np.float64],
    harmonic_amplitudes_out: FloatVector,
    noise_magnitudes_out: FloatVector,
) -> None:
    """[audio] One control frame of `n` voices: sine amplitudes of all harmonics [rows, H] and RMS amplitudes of all noise
    bands [rows, N], linear, both flat.

    Voice i has row rows[i] of states, amplitudes and magnitudes, and is told f0_scaled[i] and loudness_scaled[i]. `net` is
    one record of `pack_network`, `weights` its flat array; `states` (state_size a row) are read and written, `scratch`
    (scratch_size a voice) is overwritten. Weights are read once for all voices, and a voice gets the same bits whoever
    plays beside it. Within 1e-4 of full scale of TorchScript over 10 s: tests/control/test_compiled.py.
    """
    n_pitch, n_loudness = net.n_pitch, net.n_loudness
    n_inputs = n_pitch + n_loudness
    n_recurrent, n_hidden = net.n_recurrent, net.n_hidden
    n_outputs = net.n_harmonics + net.n_noise_bands
    stride = scratch_stride
    # Of each voice: the first layers; the new state, then both inputs again, which hidden_1 reads as one vector; gates.
    first = 0
    joined = n_inputs
    inputs = joined + n_recurrent
    from_input = inputs + n_inputs
    from_state = from_input + 3 * n_recurrent
    hidden_1 = from_state + 3 * n_recurrent
    hidden_2 = hidden_1 + n_hidden
    levels = hidden_2 + n_hidden

    for i in range(n):
        scratch[i * stride + hidden_1] = np.float32(_within(f0_scaled[i], net.pitch_centre, net.pitch_half))
        scratch[i * stride + hidden_2] = np.float32(_within(loudness_scaled[i], net.loudness_centre, net.loudness_half))
        for k in range(n_recurrent):
            scratch[i * stride + joined + k] = states[rows[i] * state_stride + k]
    # One loop over the layers, so that their machine code is there once.
    for layer in range(N_LAYERS):
        if layer == PITCH_1:
            at, x_at, n_in, out_at, n_out = net.pitch_1_at, hidden_1, 1, first, n_pitch
        elif layer == LOUDNESS_1:
            at, x_at, n_in, out_at, n_out = net.loudness_1_at, hidden_2, 1, first + n_pitch, n_loudness
        elif layer == PITCH_2:
            at, x_at, n_in, out_at, n_out = net.pitch_2_at, first, n_pitch, inputs, n_pitch
        elif layer == LOUDNESS_2:
            at, x_at, n_in, out_at, n_out = net.loudness_2_at, first + n_pitch, n_loudness, inputs + n_pitch, n_loudness
        elif layer == FROM_INPUT:
            at, x_at, n_in, out_at, n_out = net.recurrent_input_at, inputs, n_inputs, from_input, 3 * n_recurrent
        elif layer == FROM_STATE:
            at, x_at, n_in, out_at, n_out = net.recurrent_state_at, joined, n_recurrent, from_state, 3 * n_recurrent
        elif layer == HIDDEN_1:
            at, x_at, n_in, out_at, n_out = net.hidden_1_at, joined, n_recurrent + n_inputs, hidden_1, n_hidden
        elif layer == HIDDEN_2:
            at, x_at, n_in, out_at, n_out = net.hidden_2_at, hidden_1, n_hidden, hidden_2, n_hidden
        else:
            at, x_at, n_in, out_at, n_out = net.head_at, hidden_2, n_hidden, levels, n_outputs
        _affine(weights, at, scratch, stride, n, x_at, n_in, out_at, n_out)
        for i in range(n):
            place = i * stride
            if layer == FROM_STATE:
                state = states[rows[i] * state_stride : rows[i] * state_stride + n_recurrent]
                gates = scratch[place + from_input : place + from_state]
                _step_recurrent(n_recurrent, gates, scratch[place + from_state : place + hidden_1], state)
                for k in range(n_recurrent):
                    scratch[place + joined + k] = state[k]
            elif layer != FROM_INPUT and layer != HEAD:
                _bend(scratch[place + out_at : place + out_at + n_out])
    for i in range(n):
        row = rows[i]
        _timbre(
            net,
            weights,
            scratch[i * stride + levels : i * stride + levels + n_outputs],
            f0_scaled[i],
            loudness_scaled[i],
            harmonic_amplitudes_out[row * net.n_harmonics : (row + 1) * net.n_harmonics],
            noise_magnitudes_out[row * net.n_noise_bands : (row + 1) * net.n_noise_bands],
        )
