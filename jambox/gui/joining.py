"""The sound before the window: an engine is found or started, and plays what was played last, while Qt is being loaded."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from jambox.engine.client import EngineClient
from jambox.errors import BadInput, BadModel, DeviceError, JamboxError
from jambox.gui.session import Session
from jambox.gui.sounding import Sounding

FADE_IN_S = 0.5


@dataclass(frozen=True)
class Joined:
    """A client of an engine, and what went wrong on the way: sentences, each with the id of an action that helps (or "")."""

    client: EngineClient
    troubles: tuple[tuple[str, str], ...] = ()


def begin_joining(session: Session, progress: Callable[[str], None]) -> Future[Joined]:
    """`join` on a thread of its own, begun now."""
    return _begun(lambda: join(session, progress))


def begin_healing(client: EngineClient, progress: Callable[[str], None]) -> Future[Joined]:
    """A client whose engine is gone connects again, to one that lives or to a new one, on a thread of its own."""

    def heal() -> Joined:
        started = client.heal(progress)
        return Joined(client, (("The engine ended and was started again.", ""),) if started else ())

    return _begun(heal)


def _begun(work: Callable[[], Joined]) -> Future[Joined]:
    future: Future[Joined] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="joining", daemon=True).start()
    return future


def join(session: Session, progress: Callable[[str], None]) -> Joined:
    """The engine that runs, as it is; or one started now, on the session's device, with the session's sound and ports.

    What cannot be had as it was is replaced, and told: a device by the usual one; a sound by the same without its files of
    room and tuning, then by the plain instrument.
    """
    client = EngineClient.join_or_start(progress)
    if client.request("status")["state"] != "stopped":
        return Joined(client)
    return Joined(client, tuple(start(client, session)))


def start(client: EngineClient, session: Session) -> list[tuple[str, str]]:
    """Let a silent engine play; the troubles on the way."""
    troubles: list[tuple[str, str]] = []
    kept = session.sounding
    # Who plays and every knob matter more than a room or a tuning whose file has gone.
    wanted = [] if kept is None else [kept, kept.without_files()] if kept.has_files else [kept]
    sounds = [each.command() for each in wanted]
    places = [session.device] if session.device else []
    _first_that_works(client, [*sounds, Sounding().command()], [*places, {}], troubles)
    if session.midi_ports or session.melody_ports:
        try:
            client.request("midi", ports=session.midi_ports, melody=session.melody_ports)
        except JamboxError as error:
            troubles.append((str(error), "settings"))
    return troubles


def _first_that_works(
    client: EngineClient, sounds: list[dict[str, Any]], places: list[dict[str, Any]], troubles: list[tuple[str, str]]
) -> None:
    while sounds and places:
        try:
            client.request("start", fade_in_s=FADE_IN_S, **sounds[0], **places[0])
        except DeviceError as error:
            troubles.append((str(error), "settings"))
            del places[0]
        except (BadInput, BadModel) as error:
            troubles.append((str(error), ""))
            del sounds[0]
        else:
            return
    if sounds:  # without a device the engine still takes note of what it is to play
        with contextlib.suppress(JamboxError):
            client.request("load", **sounds[0])
