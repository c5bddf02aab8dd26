"""What is kept of every voice of a running instrument: rows, and the records that the header holds of them."""

from __future__ import annotations

import numpy as np

from jambox.instrument.scale import N_TUNED_KEYS

# Rows of a network's states and of the timbres: the microphone's voice is row 0, notes have the rest. More of them than
# may sound at once, since a note that gave way to another still fades.
LARGEST_POLYPHONY = 32
N_ROWS = 1 + LARGEST_POLYPHONY + 16
N_CHANNELS = 16
N_KEYS = N_TUNED_KEYS

# A voice: pitch and gains at both ends of the hop that is being played.
voice_dtype = np.dtype(
    [
        ("phase", np.float64),  # cycles, at the start of the hop
        ("heard_hz", np.float64),  # the last pitch heard
        ("agreeing_hops", np.int64),  # so many hops in a row heard nearly the same pitch
        ("steady_hz", np.float64),  # pitch and loudness heard, without their jitter
        ("steady_db", np.float64),
        ("still_pitch_hops", np.int64),  # for so long they have not moved
        ("still_level_hops", np.int64),
        ("f0_from_hz", np.float64),
        ("f0_to_hz", np.float64),
        ("voiced", np.int64),
        ("played", np.int64),  # 1 once a note was
        ("gate", np.float64),  # of the harmonics: 0 closed, 1 open
        ("heard", np.float64),  # the input's gate: 0 closed, 1 open
        ("breath", np.float64),  # 0 in a note, 1 in breath
        ("harmonics_gain_from", np.float64),
        ("harmonics_gain_to", np.float64),
        ("noise_gain_from", np.float64),
        ("noise_gain_to", np.float64),
        ("vibrato_age_s", np.float64),  # since the note began
        ("vibrato_cycles", np.float64),
    ],
    align=True,
)

# The notes: a column each, rows as above (row 0 is never used), then what every channel and key was told.
notes_dtype = np.dtype(
    [
        (name, kind, (N_ROWS,))
        for name, kind in [
            ("state", np.int64),  # OFF, HELD, RELEASED or FADING
            ("channel", np.int64),
            ("key", np.int64),
            ("serial", np.int64),  # notes are numbered from 1 in the order in which they began
            ("key_down", np.int64),
            ("kept", np.int64),  # by the sostenuto pedal
            ("velocity", np.float64),
            ("fresh", np.int64),  # began at this very sample
            ("age", np.int64),  # samples since it began, at the start of its piece
            # A piece: what is left of a hop since its start or since the last change; everything ramps over it.
            ("piece_start", np.int64),
            ("phase", np.float64),  # cycles, at the start of the piece
            ("f0_from_hz", np.float64),
            ("f0_to_hz", np.float64),
            ("harmonics_from", np.float64),  # gains
            ("harmonics_to", np.float64),
            ("noise_from", np.float64),
            ("noise_to", np.float64),
            ("stage", np.int64),  # of the envelope, at the start of the piece
            ("level", np.float64),  # of it, 0 to 1
            ("fade_step", np.float64),  # level lost with each sample of a fade
            ("glide_st", np.float64),  # how far the pitch still is from its key
            ("glide_step", np.float64),  # semitones of it with each sample
            ("told_db", np.float64),  # loudness that the network was told last
            ("loudness_db", np.float64),  # at the top of its envelope
            ("bend_st", np.float64),  # the note's own expression, on top of its channel's
            ("pressure", np.float64),
            ("timbre", np.float64),
        ]
    ]
    + [
        (name, np.float64, (N_CHANNELS,))
        for name in (
            "channel_bend_st",
            "channel_pressure",
            "channel_timbre",
            "channel_modulation",
            "channel_loudness_db",
            "channel_volume_db",
            "sustain",
            "sostenuto",
            "soft",
        )
    ]
    + [
        ("key_serial", np.int64, (N_CHANNELS * N_KEYS,)),  # when a key that is down went down; 0: it is up
        ("key_velocity", np.float64, (N_CHANNELS * N_KEYS,)),
        ("last_serial", np.int64),
        ("last_pitch_st", np.float64),  # of the newest note, from which a glide begins
        ("n_sounding", np.int64),
        ("stolen", np.int64),
        ("late", np.int64),  # events that came after their time
        # Rows whose network must be stepped now, and what it is told.
        ("n_wanted", np.int64),
        ("wanted", np.int64, (N_ROWS,)),
        ("wanted_fresh", np.int64, (N_ROWS,)),
        ("wanted_f0", np.float64, (N_ROWS,)),
        ("wanted_loudness", np.float64, (N_ROWS,)),
        # The instrument's own range.
        ("softest_db", np.float64),
        ("loudest_db", np.float64),
        ("middle_st", np.float64),
        ("softest_b_db", np.float64),  # ... and the second's, where two play as one
        ("loudest_b_db", np.float64),
        ("middle_b_st", np.float64),
        ("seed", np.int64),
        # The common noise of all voices, while notes sound: its gains ramp over a piece of the hop.
        ("mixing", np.int64),
        ("mix_start", np.int64),
    ],
    align=True,
)

# A modal instrument: its sound, the microphone's strikes, and of every row (the last one is the voice's strike before this,
# while it fades) the piece that is being played.
modal_dtype = np.dtype(
    [
        ("reference_hz", np.float64),
        ("n_partials", np.int64),
        ("n_noise", np.int64),
        ("noise_step", np.float64),  # samples
        ("track_step", np.float64),
        ("duration", np.float64),
        ("end_fade", np.float64),
        ("due", np.int64),  # 1: a piece begins
        ("stretch_from", np.float64),  # octaves an octave
        ("stretch_to", np.float64),
        ("strike", np.int64),  # 1: the voice strikes anew in this hop
        ("since", np.int64),  # hops since it did
        ("struck_st", np.float64),
        ("lowest_db", np.float64),
        ("fading_since", np.int64),  # sample at which the last row began to fade
    ]
    + [
        (name, kind, (N_ROWS + 1,))
        for name, kind in [
            ("playing", np.int64),
            ("fresh", np.int64),
            ("clock", np.int64),  # sample of the run at which the piece began
            ("age", np.int64),  # samples since the strike, then
            ("length", np.int64),
            ("started", np.int64),  # partials that have begun
            ("ratio_from", np.float64),
            ("ratio_to", np.float64),
            ("more_from", np.float64),  # what is played above the pitch of the sound, cycles per sample
            ("more_to", np.float64),
            ("more_cycles", np.float64),  # how much farther it has come by the start of the piece
            ("tilt_db", np.float64),  # at the end of the piece, and what keeps its power
            ("tilt_gain", np.float64),
        ]
    ],
    align=True,
)
