"""What the engine is told: commands and the plan of what plays where, each a checked model. The plan survives the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from jambox.engine.runtime import STATE_FILE
from jambox.errors import BadInput
from jambox.params import checked


class _Model(BaseModel):
    # Built on first use: an engine that starts needs two of them.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Sound(_Model):
    """Who plays; what is None stays as it is. A preset comes with its own instrument and parameters."""

    instrument: str | None = None
    preset: str | None = None
    room: str | None = None
    scale: str | None = None
    params: dict[str, FiniteFloat] = Field(default_factory=dict)
    runtime: Literal["compiled", "torchscript"] | None = None
    trusted: bool | None = None


class Device(_Model):
    """Through which device; what is None stays as it is. Names as `jambox devices` shows them, or parts of them; an empty
    one is the usual device again, a rate of 0 the device's own."""

    input_device: str | None = None
    output_device: str | None = None
    host_api: str | None = None
    sample_rate: int | None = Field(None, ge=0, le=96_000)
    block_size: int | None = Field(None, ge=0, le=8192)
    channel_in: int | None = Field(None, ge=-1)
    first_out: int | None = Field(None, ge=0)
    n_out: int | None = Field(None, ge=1)


class Run(Sound, Device):
    """How a run begins."""

    fade_in_s: float | None = Field(None, ge=0.0, le=60.0)
    seed: int | None = Field(None, ge=0)
    log: str | None = None
    song: str | None = None  # a MIDI file that is played from the first sample on


class Settings(_Model):
    """Parameters that change."""

    values: dict[str, FiniteFloat]


class Note(_Model):
    """A key that goes down, or up (velocity 0): exactly one block after its stamp, a sample of the stream (None: now)."""

    key: int = Field(ge=0, le=127)
    velocity: int = Field(100, ge=0, le=127)
    channel: int = Field(1, ge=1, le=16)
    seconds: float | None = Field(None, gt=0.0, le=3600.0)  # until it goes up by itself
    stamp: int | None = Field(None, ge=0)


class MidiPorts(_Model):
    """Ports that are played from, and those that what is sung is sent to: names or parts of names, or "all".

    One of our own is beside them each time; None leaves them as they are.
    """

    ports: list[str] | None = None
    melody: list[str] | None = None


class Learn(_Model):
    """The controller that is moved next moves `param`, over its whole range or this one; None: learn nothing any more."""

    param: str | None
    minimum: FiniteFloat | None = None
    maximum: FiniteFloat | None = None


class Reach(_Model):
    """How far the controller that moves `param` on this keyboard moves it; from the larger to the smaller if so said."""

    keyboard: str
    param: str
    minimum: FiniteFloat
    maximum: FiniteFloat


class Mappings(_Model):
    """What moves what; nothing moves the parameter `forget` any more, what moves that of `reach` goes as far as it says."""

    forget: str | None = None
    reach: Reach | None = None


class Song(_Model):
    """A MIDI file to be played, from now on; None ends the one that plays."""

    path: str | None = None


class Recording(_Model):
    """A file that is recorded into; `from_start`: with what was played already, if the stream has just begun."""

    path: str
    from_start: bool = False


class TestTone(_Model):
    """An A that the instrument plays for so long."""

    seconds: float = Field(1.0, gt=0.0, le=10.0)


class Trials(_Model):
    """Block sizes that are tried out, each for so long."""

    seconds: float = Field(2.0, gt=0.0, le=60.0)


class Leaving(_Model):
    """The end of the engine; with `unless_used` only if no other client is there, else when the last of them has left; with
    `as_guest`, besides, only if such an end was wished before."""

    unless_used: bool = False
    as_guest: bool = False


class Nothing(_Model):
    """A command without content."""


COMMANDS: dict[str, type[_Model]] = {
    "hello": Nothing,
    "status": Nothing,
    "set": Settings,
    "note": Note,
    "start": Run,
    "load": Sound,
    "device": Device,
    "devices": Nothing,
    "stop": Nothing,
    "panic": Nothing,
    "midi": MidiPorts,
    "song": Song,
    "learn": Learn,
    "mappings": Mappings,
    "record": Recording,
    "record_stop": Nothing,
    "test_tone": TestTone,
    "find_buffer": Trials,
    "quit": Leaving,
}


class Plan(_Model):
    """All that is needed to play on after the engine or the device was gone."""

    format: Literal[1] = 1
    instrument: str = "violin"
    preset: str | None = None
    room: str | None = None
    scale: str | None = None
    params: dict[str, FiniteFloat] = Field(default_factory=dict)
    runtime: Literal["compiled", "torchscript"] = "compiled"
    trusted: bool = False
    input_device: str | None = None
    output_device: str | None = None
    host_api: str | None = None
    sample_rate: int | None = None
    block_size: int = 0
    channel_in: int = 0
    first_out: int = 0
    n_out: int = 2
    fade_in_s: float = 0.0
    seed: int = 0
    log: str | None = None
    playing: bool = False
    midi_ports: list[str] = Field(default_factory=list)
    melody_ports: list[str] = Field(default_factory=list)
    cables: list[tuple[str, str]] | None = None  # of our JACK ports, as they were last

    def changed(self, change: Sound | Device) -> Plan:
        """The plan with what `change` names, and nothing else, replaced; so too among the parameters."""
        update = {name: value for name, value in change if value is not None}
        if "params" in update:
            update["params"] = {**self.params, **update["params"]}
        return self.model_copy(update=update)


def parsed(message: dict[str, Any]) -> tuple[str, Any]:
    """Name and content of a command; BadInput for what is none."""
    name = message.get("do")
    model = COMMANDS.get(name) if isinstance(name, str) else None
    if model is None:
        raise BadInput(f"There is no command {name!r}; the commands are: {', '.join(COMMANDS)}.")
    content = {key: value for key, value in message.items() if key not in ("do", "id", "protocol", "token")}
    if not _is_text(content):
        raise BadInput(f"The command {name} cannot be read: its text holds what no name can hold.")
    try:
        command = model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"The command {name} cannot be read: {where}: {first['msg']}.") from error
    for id, value in (getattr(command, "values", None) or getattr(command, "params", None) or {}).items():
        checked(id, value)
    return str(name), command


def _is_text(value: Any) -> bool:
    """Whether all text in a message can be a name: no NUL, and nothing that UTF-8 does not have."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(_is_text(part) for pair in value.items() for part in pair)
    return all(map(_is_text, value)) if isinstance(value, list) else True


def save_plan(folder: Path, plan: Plan) -> None:
    """Keep the plan, replacing the old one in one step."""
    part = folder / (STATE_FILE + ".part")
    part.write_text(plan.model_dump_json(indent=1) + "\n", encoding="utf-8")
    part.replace(folder / STATE_FILE)


def saved_plan(folder: Path) -> Plan:
    """The plan that was kept; a fresh one if there is none that can be read."""
    try:
        plan = Plan.model_validate_json((folder / STATE_FILE).read_bytes())
        for id, value in plan.params.items():
            checked(id, value)
    except (OSError, ValueError, BadInput):
        return Plan()
    return plan
