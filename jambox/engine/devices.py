"""Audio devices: which there are, and which one is meant. The only door to PortAudio, through sounddevice."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jambox.errors import DeviceError
from jambox.quiet import quiet_stderr

# PortAudio keeps the pointer, so the text must live as long as the program.
_JACK_NAME = ctypes.c_char_p(b"jambox")
CLOSE_WITHIN_S = 3.0


class DeviceGone(DeviceError):
    """The device went away under its stream. PortAudio may wait for it for ever: the process must end, or become another."""

    def __init__(self, route: Route) -> None:
        super().__init__(f"{route.describe()} went away.")
        self.route = route


@dataclass(frozen=True)
class Device:
    """One device of one host API, as PortAudio numbers it."""

    index: int
    name: str
    host_api: str
    channels_in: int
    channels_out: int
    default_rate: int
    default_input: bool
    default_output: bool


@dataclass(frozen=True)
class Route:
    """Where sound comes from and goes to: two devices of one host API."""

    input: Device
    output: Device

    @property
    def is_jack(self) -> bool:
        """Whether a JACK server lies between us and the devices."""
        return "JACK" in self.output.host_api

    def describe(self) -> str:
        """For a person: input, output and host API."""
        names = self.input.name if self.input == self.output else f"{self.input.name} to {self.output.name}"
        return f"{names} ({self.input.host_api})"


def portaudio() -> Any:
    """The sounddevice module; DeviceError if PortAudio is not installed."""
    known = "sounddevice" in sys.modules
    try:
        with quiet_stderr():
            import sounddevice

            if not known:
                _name_jack_client(sounddevice)
    except OSError as error:
        raise DeviceError(f"PortAudio is not installed ({error}); on Debian: apt-get install libportaudio2.") from error
    return sounddevice


def refresh() -> None:
    """[main] Look for devices anew; no stream may be open. PortAudio only looks when it starts."""
    sd = portaudio()
    release()
    with quiet_stderr():
        sd._initialize()


def closed(close: Callable[[], object]) -> bool:
    """[main] Close a stream, or another client of a sound server; False if that died, or threw the client out: closing would
    wait for it for ever."""
    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(CLOSE_WITHIN_S)
    return not closing.is_alive()


def abandon() -> None:
    """[main] Leave PortAudio as it is: its own end, too, would wait for a sound server that died."""
    portaudio()._initialized = 0


def release() -> None:
    """[main] Let go of every sound server; no stream may be open. `refresh` takes them up again."""
    sd = portaudio()
    with quiet_stderr():
        while sd._initialized:
            sd._terminate()


def _name_jack_client(sd: Any) -> None:
    """Ports are to be called jambox:..., not PortAudio:...; PortAudio takes the name when it starts, now or later."""
    library = ctypes.util.find_library("portaudio")
    set_name = getattr(ctypes.CDLL(library), "PaJack_SetClientName", None) if library else None
    if set_name is None:
        return
    set_name(_JACK_NAME)
    if any("JACK" in api["name"] and api["devices"] for api in sd.query_hostapis()):
        sd._terminate()
        sd._initialize()


def list_devices() -> list[Device]:
    """All devices of all host APIs."""
    sd = portaudio()
    apis = sd.query_hostapis()
    return [
        Device(
            index=int(entry["index"]),
            name=str(entry["name"]),
            host_api=str(apis[entry["hostapi"]]["name"]),
            channels_in=int(entry["max_input_channels"]),
            channels_out=int(entry["max_output_channels"]),
            default_rate=round(entry["default_samplerate"]),
            default_input=apis[entry["hostapi"]]["default_input_device"] == entry["index"],
            default_output=apis[entry["hostapi"]]["default_output_device"] == entry["index"],
        )
        for entry in sd.query_devices()
    ]


def choose_route(
    input_device: str | None = None,
    output_device: str | None = None,
    host_api: str | None = None,
    devices: list[Device] | None = None,
) -> Route:
    """The devices meant by names, parts of names or numbers; without any, those of the first host API that has both.

    DeviceError says what is missing.
    """
    devices = list_devices() if devices is None else devices
    if not devices:
        raise DeviceError("There is no audio device on this machine.")
    if host_api is not None:
        wanted = host_api.lower()
        known = list(dict.fromkeys(device.host_api for device in devices))
        devices = [device for device in devices if wanted in device.host_api.lower()]
        if not devices:
            raise DeviceError(f"There is no host API {host_api!r} with a device; there are: {', '.join(known)}.")
    for api in dict.fromkeys(device.host_api for device in devices):
        of_api = [device for device in devices if device.host_api == api]
        source = _find(of_api, input_device, inputs=True)
        target = _find(of_api, output_device, inputs=False)
        if source is not None and target is not None:
            return Route(source, target)
    for name, inputs in ((input_device, True), (output_device, False)):
        if name is not None and _find(devices, name, inputs=inputs) is None:
            raise DeviceError(f"There is no {'input' if inputs else 'output'} device {name!r}; see: jambox devices.")
    raise DeviceError("No host API has both an input and an output device; see: jambox devices.")


def _find(devices: list[Device], name: str | None, *, inputs: bool) -> Device | None:
    able = [device for device in devices if (device.channels_in if inputs else device.channels_out) > 0]
    if name is None:
        preferred = [device for device in able if (device.default_input if inputs else device.default_output)]
        candidates = preferred or able
        return candidates[0] if candidates else None
    for matches in (
        lambda device: name.isdigit() and device.index == int(name),
        lambda device: device.name == name,
        lambda device: name.lower() in device.name.lower(),
    ):
        found = [device for device in able if matches(device)]
        if found:
            return found[0]
    return None
