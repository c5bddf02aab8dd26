"""Names and shapes of the tensors of a network: one table for training, export, checking and packing. [any]"""

from __future__ import annotations

from jambox.control.card import Card

# Beyond the trained range the inputs bend into a constant within this share of half the range.
EDGE_SOFTNESS = 0.1
# Slope of the activation for negative values.
LEAK = 0.1
# Levels relative to the input loudness stay within these, in dB.
LOWEST_LEVEL_DB = -140.0
HIGHEST_LEVEL_DB = 30.0
# -120 dB, the lowest loudness there is: subtracted from the gain, so that silence is exactly zero.
SILENCE_GAIN = 1e-6
# Added to the A-weighted power of a timbre before it is divided by: a timbre of inaudible partials stays finite.
SMALLEST_POWER = 1e-9
# The body of an instrument (its walls, its bell, its bore): a response over frequency, from this MIDI note to 21 kHz, that
# every harmonic passes through wherever its note puts it. Four points a semitone: the resonances of a violin are narrower
# than a semitone, and vibrato is heard as the harmonics' way up and down their slopes.
BODY_LOWEST_MIDI = 31.0
BODY_POINTS_PER_SEMITONE = 4
BODY_POINTS = 105 * BODY_POINTS_PER_SEMITONE + 1
# Unit of the stored response: weights of ordinary size then train at the rate of all others.
BODY_UNIT_DB = 6.0


def tensor_shapes(card: Card) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor by name. Linear layers are [out, in] as in PyTorch; gates lie as reset, update, new."""
    sizes = card.network
    n_inputs = sizes.n_pitch + sizes.n_loudness
    n_outputs = card.n_harmonics + card.n_noise_bands
    return {
        # centre and half width of the trained range, in scaled units
        "pitch_range": (2,),
        "loudness_range": (2,),
        "pitch_1.weight": (sizes.n_pitch, 1),
        "pitch_1.bias": (sizes.n_pitch,),
        "pitch_2.weight": (sizes.n_pitch, sizes.n_pitch),
        "pitch_2.bias": (sizes.n_pitch,),
        "loudness_1.weight": (sizes.n_loudness, 1),
        "loudness_1.bias": (sizes.n_loudness,),
        "loudness_2.weight": (sizes.n_loudness, sizes.n_loudness),
        "loudness_2.bias": (sizes.n_loudness,),
        "recurrent.weight_ih_l0": (3 * sizes.n_recurrent, n_inputs),
        "recurrent.weight_hh_l0": (3 * sizes.n_recurrent, sizes.n_recurrent),
        "recurrent.bias_ih_l0": (3 * sizes.n_recurrent,),
        "recurrent.bias_hh_l0": (3 * sizes.n_recurrent,),
        "hidden_1.weight": (sizes.n_hidden, sizes.n_recurrent + n_inputs),
        "hidden_1.bias": (sizes.n_hidden,),
        "hidden_2.weight": (sizes.n_hidden, sizes.n_hidden),
        "hidden_2.bias": (sizes.n_hidden,),
        "head.weight": (n_outputs, sizes.n_hidden),
        "head.bias": (n_outputs,),
        # levels in dB relative to the input loudness: median and spread over the training set
        "level_median": (n_outputs,),
        "level_spread": (n_outputs,),
        # response of the body in units of BODY_UNIT_DB
        "body": (BODY_POINTS,),
        # how much the power of a harmonic at the same points, and of each noise band, counts as loudness
        "harmonic_weight": (BODY_POINTS,),
        "noise_weight": (card.n_noise_bands,),
    }
