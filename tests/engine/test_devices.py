"""Which devices are meant, told on invented ones; and the name that the ports get on a real server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jack
import pytest

from jambox.engine import devices
from jambox.engine.devices import Device, choose_route
from jambox.engine.engine import Engine, Settings
from jambox.errors import DeviceError
from tests.engine.jack_server import JackServer

MICROPHONE = Device(0, "Built-in Microphone", "Core", 1, 0, 48_000, True, False)
SPEAKERS = Device(1, "Built-in Output", "Core", 0, 2, 48_000, False, True)
HEADSET = Device(2, "USB Headset", "Core", 1, 2, 48_000, False, False)
DUMB = Device(3, "Line out", "Other", 0, 2, 48_000, False, True)


def test_the_first_host_api_with_both_directions_is_chosen() -> None:
    route = choose_route(devices=[DUMB, MICROPHONE, SPEAKERS, HEADSET])
    assert (route.input, route.output) == (MICROPHONE, SPEAKERS)
    assert route.describe() == "Built-in Microphone to Built-in Output (Core)"


def test_a_device_is_found_by_number_name_or_part_of_its_name() -> None:
    known = [MICROPHONE, SPEAKERS, HEADSET]
    for name in ("2", "USB Headset", "headset"):
        assert choose_route(name, name, devices=known).input == HEADSET
    assert choose_route(devices=[replace(HEADSET, name="both")]).describe() == "both (Core)"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DeviceError, match="no audio device"):
        choose_route(devices=[])
    with pytest.raises(DeviceError, match="no input device 'tuba'"):
        choose_route("tuba", devices=[MICROPHONE, SPEAKERS])
    with pytest.raises(DeviceError, match="no host API 'asio'"):
        choose_route(host_api="asio", devices=[MICROPHONE, SPEAKERS])
    with pytest.raises(DeviceError, match="No host API has both"):
        choose_route(devices=[MICROPHONE, DUMB])


def test_ports_are_named_after_the_program_even_if_the_server_came_later(jack_server: Callable[..., JackServer]) -> None:
    devices.portaudio()  # before there is any server
    jack_server(128)
    engine = Engine(Settings("violin", {}), choose_route())
    engine.start()
    try:
        client = jack.Client("looker")
        names = [port.name for port in client.get_ports(is_audio=True)]
        client.close()
    finally:
        engine.stop()
    assert "jambox:in_0" in names
    assert "jambox:out_0" in names
