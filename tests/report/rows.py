"""What the program promises, one row a figure: the README's tables and `make figures` are made from these rows."""

from __future__ import annotations

from collections.abc import Sequence

from tests.report.instruments import THEMES, TIMBRE_ROWS, instrument_rows
from tests.report.row import Row, number

# Group: the module whose `measure(data)` gives the values, and the heading of its table.
GROUPS = {
    "speed": "tests.engine.figures",
    "burden": "tests.engine.burden",
    "keys": "tests.engine.keyboard",
    "pitch": "tests.analysis.figures",
    "transfer": "tests.transfer.figures",
    "breath": "tests.instrument.figures",
    "singer": "tests.instrument.singer_figures",
    "synthesis": "tests.dsp.figures",
    "song": "tests.midi.figures",
    "presets": "tests.presets.figures",
    "performing": "tests.instrument.performing",
    "modal": "tests.sines.figures",
}
# Themes of the instruments, all measured by one module; `confusion` comes with `timbre`.
MEASURED_THEMES = tuple(theme for theme in THEMES if theme != "confusion")

# fmt: off
# id, group, text, unit, limit, better, aim, decimals
ROWS: tuple[Row, ...] = (
    Row("real_time_factor_64", "speed", "Real-time factor, voice to violin, block 64, room on, one core", "", 0.16, "low", 0.08, 3),
    Row("real_time_factor_128", "speed", "The same at block 128", "", 0.11, "low", 0.08, 3),
    Row("real_time_factor_256", "speed", "The same at block 256", "", 0.13, "low", 0.08, 3),
    Row("callback_cpu_p999_128", "speed", "Callback thread CPU time over deadline, p99.9, live, block 128", "", 0.3, "low", None, 3),
    Row("callback_wall_p999_128", "speed", "The same in wall time", "", None, "low", None, 3),
    Row("dropouts_compiled_128_20s", "speed", "Dropouts in 20 s live at block 128", "", None, "low", None, 0),
    Row("dropouts_empty_128_20s", "speed", "Dropouts of an empty callback beside it", "", None, "low", None, 0),
    Row("torchscript_callback_p50_256", "speed", "Torchscript runtime, live, block 256: median callback over deadline", "", 0.4, "low", None, 3),
    Row("torchscript_dropouts_256_60s", "speed", "Its dropouts in 60 s", "", None, "low", None, 0),
    Row("empty_dropouts_256_60s", "speed", "Dropouts of an empty callback beside it", "", None, "low", None, 0),
    Row("memory_mb", "speed", "Resident memory, live, compiled", "MB", 250, "low", None, 0),
    Row("first_sound_s", "speed", "First sound after the start of `jambox play`", "s", 1.5, "low", None, 2),
    Row("latency_rise_median_ms", "speed", "A 20 dB step up is half followed after (median, beyond the device)", "ms", 9, "low", 6, 1),
    Row("latency_rise_worst_ms", "speed", "The same, worst case", "ms", 12, "low", None, 1),
    Row("latency_fall_median_ms", "speed", "A 20 dB step down is half followed after (median)", "ms", None, "low", None, 1),
    Row("latency_fall_worst_ms", "speed", "The same, worst case", "ms", None, "low", None, 1),
    Row("latency_spread_ms", "speed", "A step up over 100 places in the hop: latest less earliest", "ms", 5, "low", None, 1),
    Row("onset_beyond_two_periods_ms", "speed", "From silence to within 50 cents and -12 dB, 110 to 880 Hz: worst, beyond two periods", "ms", 6, "low", None, 1),
    Row("silence_cost", "speed", "Cost of a block in 60 s of silence over that in a note", "", 1.1, "low", None, 2),
    Row("voices_16_128", "speed", "16 held notes beside the voice, block 128, one core: real-time factor", "", 0.4, "low", 0.25, 3),
    Row("voices_16_128_p999", "speed", "The same: callback CPU time over deadline, p99.9", "", 0.7, "low", None, 3),
    Row("voices_32_512", "speed", "32 held notes beside the voice, block 512, one core: real-time factor", "", None, "low", None, 3),
    Row("voices_32_512_p999", "speed", "The same: callback CPU time over deadline, p99.9", "", 0.7, "low", None, 3),
    Row("voices_each", "speed", "Cost of each held note, straight line over 0 to 32, block 128: share of one core", "", None, "low", None, 4),
    Row("voices_residual", "speed", "Largest distance from that line over the whole cost", "", None, "low", None, 3),
    Row("healing_s", "speed", "From the death of an engine to the sound of the next", "s", 2, "low", None, 2),
    Row("replay_difference", "speed", "Live against its replay offline, blocks of 64, 128 and 1024: largest difference of a sample", "", 0, "low", None, 0),
    Row("runtime_difference_db", "speed", "Torchscript against compiled runtime: largest difference of a sample", "dBFS", -80, "low", None, 0),
    Row("burdened_callback_worst", "burden", "Longest callback, thread CPU time over deadline, swaps included", "", 0.8, "low", None, 3),
    Row("burdened_touch_worst", "burden", "The same of a callback that only reads and writes 3 MB", "", None, "low", None, 3),
    Row("burdened_dropouts", "burden", "Dropouts in 2 minutes", "", None, "low", None, 0),
    Row("burdened_dropouts_empty", "burden", "Dropouts of an empty callback in 2 minutes under the same load", "", None, "low", None, 0),
    Row("burdened_dropouts_ratio", "burden", "Ours over its", "", 1.5, "low", None, 2),
    Row("burdened_dropouts_ratio_low", "burden", "95 % interval of that ratio: lower end", "", None, "low", None, 2),
    Row("burdened_dropouts_ratio_high", "burden", "The same, upper end", "", None, "low", None, 2),
    Row("key_bare_ms", "keys", "From a key to its arrival at a bare port, median", "ms", None, "low", None, 2),
    Row("key_sound_ms", "keys", "From a key to the first sample of its note, median", "ms", None, "low", None, 2),
    Row("key_beyond_ms", "keys", "That beyond the bare port's and one period", "ms", 0.5, "low", None, 2),
    Row("key_bare_spread_ms", "keys", "99th percentile less median, bare port", "ms", None, "low", None, 2),
    Row("key_spread_ms", "keys", "The same of the first samples, beyond the bare port's", "ms", 1, "low", None, 2),
    Row("key_lost", "keys", "Keys of 400 that did not sound within 100 ms", "", 0, "low", None, 0),
    Row("key_late_percent", "keys", "Events that missed their sample", "%", None, "low", None, 1),
    Row("key_dropouts", "keys", "Dropouts meanwhile", "", None, "low", None, 0),
    Row("pitch.clean.all.within_50_percent", "pitch", "Within 50 cents at zero lag, clean", "%", 91, "high", 94, 1),
    Row("pitch.clean.all.within_10_percent", "pitch", "Within 10 cents at zero lag, clean", "%", 80, "high", 86, 1),
    Row("pitch.snr_10.all.within_50_percent", "pitch", "Within 50 cents in pink noise 10 dB below", "%", 83, "high", 90, 1),
    Row("pitch.clean.all.octave_errors_percent", "pitch", "Octave errors, clean", "%", 3.5, "low", 1.5, 2),
    Row("pitch.clean.tuning_half.within_50_percent", "pitch", "Within 50 cents, clean, half used for tuning", "%", None, "high", None, 1),
    Row("pitch.clean.held_out_half.within_50_percent", "pitch", "Within 50 cents, clean, other half", "%", None, "high", None, 1),
    Row("pitch.snr_0.all.within_50_percent", "pitch", "Within 50 cents in noise as loud as the note", "%", None, "high", None, 1),
    Row("pitch.room.all.within_50_percent", "pitch", "Within 50 cents in a reverberant room", "%", None, "high", None, 1),
    Row("pitch.step_220_330_ms", "pitch", "A step from 220 to 330 Hz is followed after", "ms", 7.5, "low", None, 1),
    Row("phrases.held_out_seeds.within_50_percent", "pitch", "50 random phrases never tuned on: within 50 cents", "%", 90, "high", None, 1),
    Row("singing.within_50_percent", "pitch", "Real singing, hand-checked f0: within 50 cents", "%", 92, "high", None, 1),
    Row("cpu.s_per_s_48k", "pitch", "CPU seconds a second of sound", "s", 0.08, "low", 0.03, 3),
    Row("melody_percent", "transfer", "Singing through the violin: frames in which pYIN hears the truth within 50 cents", "%", 92, "high", None, 1),
    Row("loudness_correlation", "transfer", "Correlation of loudness in and out", "", 0.9, "high", None, 3),
    Row("border_step_ratio", "transfer", "Largest step at block borders over the largest elsewhere", "", 1, "low", None, 2),
    Row("offset_db", "transfer", "Offset (DC) below the signal", "dB", -50, "low", None, 0),
    Row("peak_db", "transfer", "Peak of the output, loud singing", "dBFS", 0, "low", None, 1),
    Row("breath_pink_-50_db", "breath", "Pink noise at -50 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_pink_-35_db", "breath", "Pink noise at -35 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_pink_-20_db", "breath", "Pink noise at -20 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_breath_-50_db", "breath", "Breath at -50 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_breath_-35_db", "breath", "Breath at -35 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_breath_-20_db", "breath", "Breath at -20 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_s_-50_db", "breath", "An s at -50 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_s_-35_db", "breath", "An s at -35 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_s_-20_db", "breath", "An s at -20 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_sh_-50_db", "breath", "A sh at -50 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_sh_-35_db", "breath", "A sh at -35 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("breath_sh_-20_db", "breath", "A sh at -20 dBFS: its harmonics, against those of a tone as loud", "dB", -40, "low", None, 0),
    Row("pink_-50_output_db", "breath", "Pink noise at -50 dBFS: all that comes out", "dBFS", -60, "low", None, 1),
    Row("tone_-50_output_db", "breath", "A 220 Hz tone at -50 dBFS: what comes out", "dBFS", -80, "high", None, 1),
    Row("onset_after_confidence_ms", "breath", "First harmonic after confidence passes its threshold, worst", "ms", 3, "low", None, 1),
    Row("octave_percent", "singer", "Six singers and a whistler through eight instruments: sounding frames in range, least", "%", 95, "high", None, 1),
    Row("mosquito_harmonics_db", "singer", "Hum, breath, clatter, plosives, applause at -40 dBFS: harmonics, most", "dBFS", -55, "low", None, 1),
    Row("mosquito_all_db", "singer", "The same: all that comes out, most", "dBFS", -35, "low", None, 1),
    Row("mosquito_hiss_db", "singer", "Pink noise at -50 dBFS: all that comes out, most", "dBFS", -60, "low", None, 1),
    Row("quiet_kept_percent", "singer", "Singing at -36 dBFS: voiced frames that sound", "%", 95, "high", None, 1),
    Row("calibrated_apart_db", "singer", "Singers 20 dB apart, after calibration: loudness apart", "dB", 3, "low", None, 1),
    Row("melody_f1", "singer", "Melody as a MIDI file against two people's notes (onset 50 ms, pitch 50 cents): F1", "", 0.7, "high", None, 2),
    Row("melody_live_f1", "singer", "The same, as it is known while it is sung", "", None, "high", None, 2),
    Row("own_voice_ms", "singer", "The instrument later than the own voice beside it", "ms", 2, "low", None, 1),
    Row("howl_cut_ms", "singer", "A loop of 20 ms and +6 dB, eight instruments: cut after, most", "ms", 300, "low", None, 0),
    Row("howl_first_db", "singer", "Its peak until 300 ms after it began", "dBFS", -6, "low", None, 1),
    Row("howl_after_db", "singer", "Its peak after that", "dBFS", -6, "low", None, 1),
    Row("held_ducked", "singer", "Times that singing was turned down for a howl", "", 0, "low", None, 0),
    Row("synthesis_error_db", "synthesis", "Whole chain against a float64 reference", "dB", -90, "low", None, 0),
    Row("sideband_vibrato_db", "synthesis", "Side bands of the hops, tone with vibrato and swell", "dB", -60, "low", None, 0),
    Row("sideband_tracker_db", "synthesis", "Side bands of the hops, steady tones through the live tracker at 30 dB SNR", "dB", -60, "low", None, 0),
    Row("sideband_tracker_in_all_db", "synthesis", "All that lies there, jitter of the noise itself included", "dB", None, "low", None, 0),
    Row("rate_loudness_db", "synthesis", "One input at 44.1, 48 and 96 kHz: loudness apart", "dB", 0.2, "low", None, 2),
    Row("rate_bands_demo_db", "synthesis", "Bands up to 18 kHz apart, demo melody", "dB", 0.5, "low", None, 2),
    Row("rate_bands_db", "synthesis", "Bands apart, 33 s of singing and a phrase", "dB", 0.5, "low", None, 2),
    Row("rate_onset_ms", "synthesis", "Onsets apart", "ms", 2, "low", None, 2),
    Row("song_notes", "song", "Notes of both pieces", "", None, "high", None, 0),
    Row("song_onset_ms", "song", "Onset off the file, worst note", "ms", 2, "low", None, 2),
    Row("song_pitch_cents", "song", "Pitch off the file, bends included, worst note", "cents", 3, "low", None, 3),
    Row("song_stems_db", "song", "What the stems that were judged leave over of the whole", "dB", -80, "low", None, 0),
    Row("presets_count", "presets", "Presets shipped", "", 24, "high", None, 0),
    Row("presets_farthest_db", "presets", "Singing, whistling and chords through all of them: loudness (BS.1770) off the median, most", "dB", 6, "low", None, 1),
    Row("presets_peak_db", "presets", "The same: highest peak", "dBFS", 0, "low", None, 1),
    Row("presets_own_db", "presets", "Share of each that is not its instrument with default settings, least", "dB", -30, "high", None, 1),
    Row("snap_off_cents", "performing", "Notes sung up to 40 cents off, scale snap 1: farthest from the scale", "cents", 8, "low", None, 1),
    Row("snap_half_off_cents", "performing", "The same at 0.5: farthest from half of the way", "cents", 8, "low", None, 1),
    Row("snap_vibrato_percent", "performing", "Extent of a vibrato changed by it, worst", "%", 20, "low", None, 1),
    Row("morph_ends", "performing", "Morph at 0 and 1 against the single instruments: largest difference of a sample", "", 1e-6, "low", None, 7),
    Row("morph_turns_back_percent", "performing", "Spectral centroid over eleven steps of a morph: largest step back, of the whole way", "%", 0, "low", None, 1),
    Row("morph_turns_back_magnitude_percent", "performing", "The same, weighted by magnitude, noise and all", "%", None, "low", None, 1),
    Row("morph_sweep_step", "performing", "Morph swept at 10 Hz: largest step of a sample over the largest of held ones", "", 1.1, "low", None, 2),
    Row("width_likeness", "performing", "Stereo width 1, a held note, each instrument: correlation of left and right, most", "", 0.8, "low", None, 2),
    Row("width_mono_apart", "performing", "The same: mean of left and right against the mono sound, largest difference of a sample", "", 1e-6, "low", None, 7),
    Row("everything_on_real_time_factor", "performing", "Real-time factor of a voice with all of this on, two instruments, block 128", "", 0.11, "low", None, 3),
    Row("everything_off_real_time_factor", "performing", "The same with all of it off, one instrument", "", None, "low", None, 3),
    Row("modal_bell_off_hz", "modal", "A bell of 12 decaying partials, fitted: farthest partial", "Hz", 0.1, "low", None, 4),
    Row("modal_bell_decay_percent", "modal", "Its decays: farthest", "%", 5, "low", None, 3),
    Row("modal_bell_snr_db", "modal", "Signal-to-noise ratio of that fit", "dB", 60, "high", None, 1),
    Row("modal_bark_s", "modal", "A dog's bark, the part that was found", "s", None, "low", None, 2),
    Row("modal_bark_128_snr_db", "modal", "128 partials fitted to it: signal-to-noise ratio", "dB", 17, "high", None, 1),
    Row("modal_bark_128_cpu_s", "modal", "CPU seconds for that", "s", 60, "low", None, 0),
    Row("modal_bark_512_snr_db", "modal", "512 partials: signal-to-noise ratio", "dB", 29, "high", None, 1),
    Row("modal_bark_512_cpu_s", "modal", "CPU seconds for that", "s", 60, "low", None, 0),
    Row("modal_bark_64_gain_db", "modal", "What joint refinement gains with 64 partials", "dB", 1, "high", None, 1),
    Row("modal_bell_scale_cents", "modal", "A plucked tone, fitted, as a chromatic scale over three octaves: farthest from equal temperament", "cents", 5, "low", None, 1),
    Row("modal_bark_scale_cents", "modal", "The bark, whose pitch glides, as the same scale: farthest of mean pitches", "cents", 5, "low", None, 1),
    Row("modal_folded_db", "modal", "Its upper octave at 48 kHz against the same at 96 kHz: what differs below 20 kHz", "dB", -80, "low", None, 0),
    Row("modal_voices_8_512", "modal", "8 notes of 512 partials that all sound, block 128, one core: real-time factor", "", 0.3, "low", None, 3),
)
# fmt: on


def rows_of(instruments: Sequence[str]) -> dict[str, Row]:
    """Every figure by its id, those of the instruments with these names included."""
    return {row.id: row for row in (*ROWS, *instrument_rows(instruments))}


def table(group: str, values: dict[str, dict[str, object]]) -> str:
    """The README's table of a group, Markdown."""
    lines = ["| | measured | limit | aim |", "|---|---|---|---|"]
    for row in (*ROWS, *TIMBRE_ROWS):
        if row.group != group:
            continue
        value = float(str(values[row.id]["value"]))
        shown = f"{number(value, row)}{'' if row.met(value) else ' (falls short)'}"
        limit = "–" if row.limit is None else ("≤ " if row.better == "low" else "≥ ") + f"{row.limit:g}"
        aim = "–" if row.aim is None else f"{row.aim:g}"
        lines.append(f"| {row.text} | {shown} | {limit} | {aim} |")
    return "\n".join(lines)
