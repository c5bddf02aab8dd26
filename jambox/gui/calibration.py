"""Ten seconds of listening, as `jambox calibrate` does: the room, then a few notes; then the settings for that voice."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from jambox.config import DEFAULT_INSTRUMENT
from jambox.errors import JamboxError
from jambox.gui.columns import Quiet
from jambox.gui.fitting import PROFILE, fitting
from jambox.gui.history import History
from jambox.gui.job import Job
from jambox.gui.link import EngineLink
from jambox.profile import InputProfile, load_profile
from jambox.units import note_name

ROOM_S, NOTES_S = 3.0, 7.0
MUTED_DB = -60.0
_STEP_MS = 100


class Calibration(QWidget):
    """A button, what to do now, how long still; `begin`, `cancel`. Nothing sounds while it listens."""

    def __init__(self, link: EngineLink, history: History) -> None:
        super().__init__()
        self._link, self._history = link, history
        self._gain_db: float | None = None  # to go back to
        self._to_be_stopped = False  # an engine that hangs records still
        self._left_s = 0.0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._job: Job | None = None
        self.told = Quiet("Measures your loudness, your range and the noise of the room, and fits every instrument to you.")
        self.prompt = QLabel("")
        self.prompt.setProperty("kind", "title")
        self.prompt.setWordWrap(True)
        self.prompt.hide()
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the calibration")
        self.bar.hide()
        self.button = QPushButton("Calibrate (10 s)")
        self.button.clicked.connect(lambda: self.cancel() if self.running else self.begin())
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.told, self.prompt, self.bar):
            column.addWidget(widget)
        column.addLayout(row)
        link.gone.connect(self._lose)
        link.answered.connect(lambda: self._stop() if self._to_be_stopped else None)
        self._timer = QTimer(self, interval=_STEP_MS)
        self._timer.timeout.connect(self._step)

    @property
    def running(self) -> bool:
        """Whether it listens, or measures what it heard."""
        return self._gain_db is not None or self._job is not None

    def begin(self) -> None:
        """Listen to the room, then to notes."""
        if self._folder is not None:  # asked for already
            return
        self._link.listening = True
        self._folder = tempfile.TemporaryDirectory(prefix="jambox-")
        path = Path(self._folder.name) / "calibration.wav"
        self._link.request("record", self._begun, self._failed, path=str(path))

    def cancel(self) -> None:
        """Stop listening, and change nothing."""
        if self._gain_db is not None:
            self._stop()
        if self._job is not None:
            self._job.cancel()
        self._end("Nothing was changed.")

    def _begun(self, answer: dict[str, Any]) -> None:
        self._gain_db = self._link.params.get("output_gain_db", 0.0)
        self._link.turned.meant = {"output_gain_db": self._gain_db}
        self._link.set("output_gain_db", MUTED_DB)
        self._left_s = ROOM_S + NOTES_S
        self.button.setText("Give up")
        self.prompt.show()
        self.bar.show()
        self._timer.start()
        self._step()

    def _step(self) -> None:
        self._left_s -= _STEP_MS / 1e3
        self.bar.setValue(round(100.0 * (1.0 - self._left_s / (ROOM_S + NOTES_S))))
        room = self._left_s > NOTES_S
        left_s = self._left_s - NOTES_S if room else self._left_s
        word = "Be silent: the room is being heard" if room else "Sing or play a few notes: low and high, soft and loud"
        self.prompt.setText(f"{word} ({max(left_s, 0.0):.0f} s)")
        if self._left_s <= 0.0:
            self._timer.stop()
            self._link.request("record_stop", self._recorded, self._failed)

    def _stop(self) -> None:
        """Let the engine record no longer; one that hangs is told so when it answers again."""
        self._to_be_stopped = self._link.hangs
        if not self._to_be_stopped:
            self._link.request("record_stop", self._stopped, self._stopped)

    def _stopped(self, answer: object) -> None:
        """Nothing is recorded any more: a take may be."""
        self._link.listening = False

    def _recorded(self, answer: dict[str, Any]) -> None:
        self._stopped(answer)
        self._unmute()
        self.prompt.setText("Measuring …")
        heard = Path(answer["path"])
        heard = heard.with_name(f"{heard.stem}-input{heard.suffix}")
        self._job = Job(["calibrate", str(heard), "--name", PROFILE, "--json"], self)
        self._job.ended.connect(self._measured)
        self._job.failed.connect(self._failed)

    def _measured(self, report: dict[str, Any]) -> None:
        try:
            profile = load_profile(PROFILE)
            self._apply(profile)
        except JamboxError as error:
            self._failed(str(error))
            return
        reach = f"{note_name(profile.lowest_hz)} to {note_name(profile.highest_hz)}"
        levels = f"{profile.softest_db:.0f} to {profile.loudest_db:.0f} dB, in a room at {profile.noise_db:.0f} dB"
        told = f"You sing from {reach}, at {levels}. The instrument is set to that."
        self._end(" ".join([told, *report["doubts"]]))

    def _apply(self, profile: InputProfile) -> None:
        now = self._link.sounding()
        self._history.begin()
        self._history.set(fitting(profile, now.instrument if now is not None else DEFAULT_INSTRUMENT), "Calibration")

    def _lose(self) -> None:
        self._to_be_stopped = False
        self._failed("The engine ended meanwhile. Nothing was changed.")

    def end(self) -> None:
        """The window is being closed."""
        if self.running:
            self.cancel()

    def _failed(self, sentence: str) -> None:
        if self._link.hangs and self._gain_db is not None:
            self._stop()
        else:
            self._stopped(sentence)
        if self.running or self._folder is not None:
            self._end(sentence or "Nothing was changed.")

    def _end(self, sentence: str) -> None:
        self._timer.stop()
        self._unmute()
        self._job = None
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.cleanup()
            self._folder = None
        self.button.setText("Calibrate (10 s)")
        self.prompt.hide()
        self.bar.hide()
        self.told.setText(sentence)

    def _unmute(self) -> None:
        if self._gain_db is None:
            return
        if self._link.is_joined:  # else it is set when there is an engine again
            self._link.turned.meant.pop("output_gain_db", None)
            self._link.set("output_gain_db", self._gain_db)
        self._gain_db = None
