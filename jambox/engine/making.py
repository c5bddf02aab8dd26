"""From a plan to what sounds: its parameters, its instrument, its engine. [worker]"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from jambox.engine.cables import Cables
from jambox.engine.devices import choose_route
from jambox.engine.engine import Engine, Settings, origin_of
from jambox.engine.plan import Plan, Sound
from jambox.engine.record import PLAYING, STATES, STOPPED, WAITING
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.params import PARAMS, defaults
from jambox.presets import load_preset
from jambox.take import Origin


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
    named, room = _named(plan.instrument), Path(plan.room) if plan.room else None
    design, scale = Design(engine.sample_rate, plan.seed), Path(plan.scale) if plan.scale else None
    instrument = open_instrument(named, design, plan.params, plan.runtime, plan.trusted, room, scale)
    engine.warm_up(instrument)
    origin = origin_of(named, plan.runtime, plan.seed, instrument.params(), room, scale) if plan.log else None
    return instrument, origin


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
    }


def make_stream(plan: Plan) -> tuple[Engine, Plan, Cables]:
    """The plan on its device, playing, with the cables that its ports had last."""
    engine = _make_engine(plan)
    cables = Cables(engine.route)
    if plan.cables:
        cables.lay(plan.cables)
    return engine, plan, cables


def _make_engine(plan: Plan) -> Engine:
    route = choose_route(plan.input_device, plan.output_device, plan.host_api)
    settings = Settings(
        instrument=_named(plan.instrument),
        params=plan.params,
        runtime=plan.runtime,
        trusted=plan.trusted,
        room=Path(plan.room) if plan.room else None,
        scale=Path(plan.scale) if plan.scale else None,
        sample_rate=plan.sample_rate,
        block_size=plan.block_size,
        fade_in_s=plan.fade_in_s,
        seed=plan.seed,
        log=Path(plan.log) if plan.log else None,
        channel_in=plan.channel_in,
        first_out=plan.first_out,
        n_out=plan.n_out,
    )
    engine = Engine(settings, route)
    engine.start()
    return engine
