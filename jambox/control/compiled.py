"""The control network as machine code: one step turns pitch and loudness into 100 harmonics and 65 noise bands. [audio]

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
    """[any] Floats that one step may overwrite; their content never matters before a step."""
    sizes, card = bundle.card.network, bundle.card
    inputs = 2 * (sizes.n_pitch + sizes.n_loudness)
    return inputs + 7 * sizes.n_recurrent + 2 * sizes.n_hidden + card.n_harmonics + card.n_noise_bands


@kernel
def _affine(weights: FloatVector, at: int, x: FloatVector, out: FloatVector) -> None:
    """[audio] out = bias + matrix · x; at weights[at:] lie the bias, then the columns of the matrix."""
    n_in = x.shape[0]
    n_out = out.shape[0]
    bias = weights[at : at + n_out]
    for i in range(n_out):
        out[i] = bias[i]
    at += n_out
    n_fours = n_in - n_in % 4
    for j in range(0, n_fours, 4):
        a = weights[at : at + n_out]
        b = weights[at + n_out : at + 2 * n_out]
        c = weights[at + 2 * n_out : at + 3 * n_out]
        d = weights[at + 3 * n_out : at + 4 * n_out]
        xa, xb, xc, xd = x[j], x[j + 1], x[j + 2], x[j + 3]
        for i in range(n_out):
            out[i] = (((out[i] + a[i] * xa) + b[i] * xb) + c[i] * xc) + d[i] * xd
        at += 4 * n_out
    for j in range(n_fours, n_in):
        a = weights[at : at + n_out]
        xa = x[j]
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
def _step_recurrent(net: Any, weights: FloatVector, inputs: FloatVector, state: FloatVector, scratch: FloatVector) -> None:
    """[audio] Gated recurrent unit (Cho et al. 2014, in PyTorch's form); `scratch` holds six times the state."""
    n = net.n_recurrent
    from_input = scratch[: 3 * n]
    from_state = scratch[3 * n : 6 * n]
    _affine(weights, net.recurrent_input_at, inputs, from_input)
    _affine(weights, net.recurrent_state_at, state, from_state)
    for i in range(n):
        reset = _sigmoid(from_input[i] + from_state[i])
        update = _sigmoid(from_input[n + i] + from_state[n + i])
        new = math.tanh(from_input[2 * n + i] + reset * from_state[2 * n + i])
        state[i] = np.float32(new + update * (state[i] - new))


@kernel
def step_network(
    net: Any,
    weights: FloatVector,
    state: FloatVector,
    scratch: FloatVector,
    f0_scaled: float,
    loudness_scaled: float,
    harmonic_amplitudes_out: FloatVector,
    noise_magnitudes_out: FloatVector,
) -> None:
    """[audio] One control frame: sine amplitudes of all harmonics [H] and RMS amplitudes of all noise bands [N], linear.

    `net` is one record of `pack_network`, `weights` its flat array; `state` (state_size) is read and written, `scratch`
    (scratch_size) is overwritten. Within 1e-4 of full scale of TorchScript over 10 s: tests/control/test_compiled.py.
    """
    n_pitch = net.n_pitch
    n_inputs = n_pitch + net.n_loudness
    n_recurrent = net.n_recurrent
    n_hidden = net.n_hidden
    n_harmonics = net.n_harmonics
    n_outputs = n_harmonics + net.n_noise_bands

    first = scratch[:n_inputs]
    # the new state, then both inputs again: hidden_1 reads them as one vector
    joined = scratch[n_inputs : 2 * n_inputs + n_recurrent]
    inputs = joined[n_recurrent:]
    at = 2 * n_inputs + n_recurrent
    gates = scratch[at : at + 6 * n_recurrent]
    at += 6 * n_recurrent
    hidden_1 = scratch[at : at + n_hidden]
    hidden_2 = scratch[at + n_hidden : at + 2 * n_hidden]
    at += 2 * n_hidden
    levels = scratch[at : at + n_outputs]

    pitch = np.float32(_within(f0_scaled, net.pitch_centre, net.pitch_half))
    loudness = np.float32(_within(loudness_scaled, net.loudness_centre, net.loudness_half))
    hidden_1[0] = pitch
    _affine(weights, net.pitch_1_at, hidden_1[:1], first[:n_pitch])
    hidden_1[0] = loudness
    _affine(weights, net.loudness_1_at, hidden_1[:1], first[n_pitch:])
    _bend(first)
    _affine(weights, net.pitch_2_at, first[:n_pitch], inputs[:n_pitch])
    _affine(weights, net.loudness_2_at, first[n_pitch:], inputs[n_pitch:])
    _bend(inputs)
    _step_recurrent(net, weights, inputs, state, gates)
    for i in range(n_recurrent):
        joined[i] = state[i]
    _affine(weights, net.hidden_1_at, joined, hidden_1)
    _bend(hidden_1)
    _affine(weights, net.hidden_2_at, hidden_1, hidden_2)
    _bend(hidden_2)
    _affine(weights, net.head_at, hidden_2, levels)

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
