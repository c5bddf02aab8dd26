"""The line at the very foot: what plays on what, how hard the machine works for it, and what was lost."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from jambox.gui.link import EngineLink
from jambox.gui.parts import dress, label
from jambox.gui.theme import Theme

EVERY_MS = 500
# Each number has room for so many digits: what stands beside it does not move when it grows.
_WIDEST = ("Latency 100.0 ms", "▲ CPU 100 %", "9999 dropouts")


class StatusLine(QWidget):
    """Device, rate, latency, load and dropouts; the last two in a colour and with a mark when they are bad."""

    def __init__(self, link: EngineLink, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "status")
        self._link, self._theme = link, theme
        self._device = label("", "small", name="Device", tip="Where the sound comes from and goes to")
        self._latency = label(
            "", "small", name="Latency", tip="From the microphone to the loudspeaker: device, buffering, analysis, synthesis"
        )
        self._load = label("", "small", name="Load", tip="Share of its time that the audio thread needs")
        self._dropouts = label("", "small", name="Dropouts", tip="Blocks of sound that were lost since the stream began")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 3, 16, 3)
        row.setSpacing(20)
        row.addWidget(self._device, 1)
        for part in (self._latency, self._load, self._dropouts):
            row.addWidget(part)
        self._device.setMinimumWidth(60)
        timer = QTimer(self, interval=EVERY_MS)
        timer.timeout.connect(self._show)
        timer.start()
        link.happened.connect(lambda event: self._show())
        link.gone.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        for part, text in zip((self._latency, self._load, self._dropouts), _WIDEST, strict=True):
            part.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            part.setMinimumWidth(part.fontMetrics().horizontalAdvance(text))
        super().showEvent(event)

    def _show(self) -> None:
        meters, status = self._link.meters, self._link.status
        if (
            not self._link.is_joined
            or self._link.hangs
            or not meters
            or "device" not in status
            or meters["state"] == "stopped"
        ):
            self._device.setText(self._silence(meters.get("state", "starting")))
            for part in (self._latency, self._load, self._dropouts):
                part.setText("")
            return
        waiting = "" if meters["state"] == "playing" else f"  ·  {meters['state']}"
        self._device.setText(f"{status['device']}  ·  {meters['sample_rate'] / 1000:g} kHz{waiting}")
        latency_s = meters["latency_device_s"] + meters["latency_buffering_s"] + meters["latency_analysis_s"]
        self._latency.setText(f"Latency {1e3 * latency_s:.1f} ms")
        load, dropouts = self._link.shown.load()
        # Of no callback yet, just after the start, there is no share to tell.
        self._load.setText(f"{'▲ ' if load > 0.7 else ''}CPU {100 * load:.0f} %" if load > 0.0 else "")
        self._dropouts.setText(f"{dropouts} dropout{'' if dropouts == 1 else 's'}")
        self._paint(self._load, load > 0.7)

    def _silence(self, state: str) -> str:
        """Why nothing is told of a device."""
        if not self._link.is_joined:
            return "The engine is starting." if self._link.is_coming else "No engine runs."
        if self._link.hangs:
            return "The engine does not answer."
        return "Nothing plays." if state == "stopped" else f"The engine is {state}."

    def _paint(self, part: QLabel, bad: bool) -> None:
        part.setStyleSheet(f"color: {self._theme.colours.bad};" if bad else "")
