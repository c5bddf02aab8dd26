"""From a plan to what sounds: its parameters, its instrument, its engine. [worker]"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from jambox.engine.cables import Cables
from jambox.engine.devices import Route, choose_route
from jambox.engine.engine import Engine, Settings, origin_of
from jambox.engine.plan import Plan, Sound
from jambox.engine.record import PLAYING, STATES, STOPPED, WAITING
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.midi.song import read_song, song_events
from jambox.params import PARAMS, defaults
from jambox.presets import load_preset
from jambox.take import Origin

# Where no device says at which rate it runs.
SAMPLE_RATE_TO_TRY = 48_000


def all_params(params: dict[str, float]) -> dict[str, float]:
    """Every parameter's value: `params`, and the defaults of the others."""
    return {row.id: float(params.get(row.id, default)) for row, default in zip(PARAMS, defaults(), strict=True)}


def sounding(plan: Plan, change: Sound) -> Plan:
    """The plan with the content of the preset that `change` names; parameters said beside it win."""
    if change.preset is None:
        # Another instrument is no longer the preset's sound.
        return plan.model_copy(update={"preset": None}) if change.instrument is not None else plan
    preset = load_preset(change.preset)
    return plan.model_copy(
        update={
            "instrument": change.instrument or preset.instrument,
            "params": all_params({**preset.params, **change.params}),
        }
    )


def make_instrument(plan: Plan, engine: Engine) -> tuple[Instrument, Origin | None]:
    """The plan's instrument for an engine that plays, warmed up; and its origin, if the run is logged."""
    named, room, scale = _named(plan.instrument), *_files(plan)
    instrument = _opened(plan, engine.sample_rate)
    engine.warm_up(instrument)
    origin = origin_of(named, plan.runtime, plan.seed, instrument.params(), room, scale) if plan.log else None
    return instrument, origin


def check_sound(plan: Plan) -> None:
    """Refuse a plan whose instrument, room or tuning cannot be opened, by opening them: before anything is let go for it."""
    _opened(plan, SAMPLE_RATE_TO_TRY)


def _opened(plan: Plan, sample_rate: int) -> Instrument:
    design = Design(sample_rate, plan.seed)
    return open_instrument(_named(plan.instrument), design, plan.params, plan.runtime, plan.trusted, *_files(plan))


def _files(plan: Plan) -> tuple[Path | None, Path | None]:
    """Of the room and of the scale."""
    return Path(plan.room) if plan.room else None, Path(plan.scale) if plan.scale else None


def _named(instrument: str) -> str | Path:
    return Path(instrument) if any(mark in instrument for mark in "/\\") else instrument


def described(engine: Engine | None, plan: Plan) -> dict[str, Any]:
    """What plays on what, for a client; `engine` is None while nothing plays."""
    if engine is None:
        return {"state": STATES[WAITING if plan.playing else STOPPED]}
    return {
        "state": STATES[PLAYING],
        "device": engine.route.describe(),
        "sample_rate": engine.sample_rate,
        "latency_s": asdict(engine.latency) | {"total": engine.latency.total},
        "instrument": plan.instrument,
        "song": engine.song.described(engine.sample_rate) if engine.song is not None else None,
    }


def make_stream(plan: Plan, song: str | None = None) -> tuple[Engine, Plan, Cables]:
    """The plan on its device, playing, with the cables that its ports had last, and the song from its first sample on."""
    read = read_song(Path(song)) if song is not None else None  # refused before a device is touched
    engine = _make_engine(plan)
    if read is not None:
        engine.begin_song(*song_events(read.tracks, engine.sample_rate))
    engine.start()
    cables = Cables(engine.route)
    if plan.cables:
        cables.lay(plan.cables)
    return engine, plan, cables


def _make_engine(plan: Plan) -> Engine:
    return Engine(settings_of(plan), route_of(plan))


def route_of(plan: Plan) -> Route:
    """The devices that the plan names; DeviceError if they are not there."""
    return choose_route(plan.input_device or None, plan.output_device or None, plan.host_api or None)


def settings_of(plan: Plan) -> Settings:
    """How the plan's engine is to play."""
    return Settings(
        instrument=_named(plan.instrument),
        params=plan.params,
        runtime=plan.runtime,
        trusted=plan.trusted,
        room=Path(plan.room) if plan.room else None,
        scale=Path(plan.scale) if plan.scale else None,
        sample_rate=plan.sample_rate or None,
        block_size=plan.block_size,
        fade_in_s=plan.fade_in_s,
        seed=plan.seed,
        log=Path(plan.log) if plan.log else None,
        channel_in=plan.channel_in,
        first_out=plan.first_out,
        n_out=plan.n_out,
    )
