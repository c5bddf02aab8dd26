"""Through which device it plays: choices that take effect at once, a tone to hear, the smallest block that is safe."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from jambox.gui.columns import Panel, Quiet
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice
from jambox.gui.session import Session

RATES = (44_100, 48_000, 88_200, 96_000)
BLOCKS = (0, 32, 64, 128, 256, 512, 1024, 2048)
ALL_CHANNELS = -1


class DevicePanel(Panel):
    """What was chosen is kept, and opened again next time."""

    def __init__(self, link: EngineLink, session: Session) -> None:
        super().__init__("Audio device")
        self._link, self._session = link, session
        self._devices: list[dict[str, Any]] = []
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._boxes: dict[str, Choice] = {}
        for key, text in (
            ("host_api", "System"),
            ("input_device", "Input"),
            ("channel_in", "Input channel"),
            ("output_device", "Output"),
            ("first_out", "Output channels"),
            ("sample_rate", "Sample rate"),
            ("block_size", "Block size"),
        ):
            box = Choice()
            box.setAccessibleName(text)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(140)
            box.activated.connect(lambda index, key=key: self._choose(key))
            form.addRow(text, box)
            self._boxes[key] = box
        self.body.addLayout(form)
        self.now = Quiet("")
        self.body.addWidget(self.now)
        self.tone = QPushButton("Test tone")
        self.tone.setToolTip("The instrument plays an A for a second, through this device")
        self.tone.clicked.connect(lambda: link.request("test_tone"))
        self.play = QPushButton("Start playing")
        self.play.setToolTip("Open this device and play")
        self.play.clicked.connect(link.start)
        again = QPushButton("Look again")
        again.setToolTip("Look for devices anew")
        again.clicked.connect(self.look)
        row = QHBoxLayout()
        for made in (self.tone, self.play, again):
            row.addWidget(made)
        row.addStretch(1)
        self.body.addLayout(row)
        link.happened.connect(lambda event: self._show_plan() if event["event"] == "status" else None)
        link.gone.connect(self._show_plan)

    def look(self) -> None:
        """Ask the engine which devices there are."""
        self._link.request("devices", self._found, lambda sentence: self.now.setText(sentence))

    def _found(self, answer: dict[str, Any]) -> None:
        self._devices = answer["devices"]
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self._link.status.get("plan", {})
        apis = list(dict.fromkeys(device["host_api"] for device in self._devices))
        self._offer("host_api", [("Any", ""), *((api, api) for api in apis)], plan)
        api = plan.get("host_api") or ""
        there = [device for device in self._devices if api.lower() in device["host_api"].lower()]
        for key, side in (("input_device", "channels_in"), ("output_device", "channels_out")):
            names = dict.fromkeys(device["name"] for device in there if device[side])
            self._offer(key, [("The usual one", ""), *((name, name) for name in names)], plan)
        n_in, n_out = (self._channels(plan, key, side) for key, side in (
            ("input_device", "channels_in"), ("output_device", "channels_out")))  # fmt: skip
        self._offer("channel_in", [("All of them, mixed", ALL_CHANNELS), *((str(n + 1), n) for n in range(n_in))], plan)
        self._offer("first_out", [(f"{n + 1} and {n + 2}", n) for n in range(0, max(n_out - 1, 1), 2)], plan)
        self._offer("sample_rate", [("The device's own", 0), *((f"{rate} Hz", rate) for rate in RATES)], plan)
        self._offer("block_size", [("As the device likes it", 0), *((f"{n} frames", n) for n in BLOCKS if n)], plan)
        if self._link.status.get("state") == "playing":
            latency_ms = 1e3 * self._link.status["latency_s"]["total"]
            self.now.setText(
                f"Plays on {self._link.status['device']} at {self._link.status['sample_rate']} Hz, "
                f"{latency_ms:.1f} ms from microphone to loudspeaker."
            )
        else:
            self.now.setText("Nothing plays now.")
        plays = self._link.status.get("state") == "playing"
        self.tone.setVisible(plays)
        self.play.setVisible(not plays)

    def _channels(self, plan: dict[str, Any], key: str, side: str) -> int:
        name = plan.get(key)
        counts = [device[side] for device in self._devices if not name or device["name"] == name]
        return min(max(counts, default=2), 32)

    def _offer(self, key: str, choices: list[tuple[str, Any]], plan: dict[str, Any]) -> None:
        box, wanted = self._boxes[key], plan.get(key) or choices[0][1]
        if key in ("channel_in", "first_out"):
            wanted = plan.get(key, 0)
        if box.view().isVisible():
            return
        if all(data != wanted for _, data in choices):
            choices = [*choices, (str(wanted), wanted)]
        box.clear()
        for text, data in choices:
            box.addItem(text, data)
        box.setCurrentIndex([data for _, data in choices].index(wanted))

    def _choose(self, key: str) -> None:
        value = self._boxes[key].currentData()
        change = {key: value} | ({"n_out": 2} if key == "first_out" else {})
        if key == "host_api":  # names of devices belong to it
            change |= {"input_device": "", "output_device": ""}

        def done(answer: dict[str, Any]) -> None:
            self._session.device = self._session.device | change
            if self._link.meters.get("state") == "stopped":  # whoever chooses a device wants to hear it
                self._link.start()
            else:
                self._link.refresh()

        def failed(sentence: str) -> None:
            self._link.said.emit(sentence, "")
            self._link.refresh()

        self._link.request("device", done, failed, **change)


class BufferPanel(Panel):
    """Tries block sizes under load, from the smallest on; what plays is interrupted meanwhile."""

    def __init__(self, link: EngineLink, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Smallest safe block")
        self._link, self._session = link, session
        self._lines: list[str] = []
        self._best = 0
        self.body.addWidget(
            Quiet(
                "The smaller the block, the sooner you hear yourself; too small a one crackles. Takes up to half a minute."
            )
        )
        self.told = Quiet("")
        self.body.addWidget(self.told)
        self.begin = QPushButton("Find it")
        self.begin.clicked.connect(self._begin)
        self.use = QPushButton("Use it")
        self.use.clicked.connect(self._use)
        self.use.hide()
        row = QHBoxLayout()
        row.addWidget(self.begin)
        row.addWidget(self.use)
        row.addStretch(1)
        self.body.addLayout(row)
        link.happened.connect(self._happened)

    def _begin(self) -> None:
        self._lines = []
        self.begin.setEnabled(False)
        self.use.hide()
        self.told.setText("Trying …")
        self._link.request("find_buffer", self._ended, self._failed)

    def _happened(self, event: dict[str, Any]) -> None:
        if event["event"] == "trial":
            lost = f"{event['dropouts']} dropouts" if event["dropouts"] else "nothing lost"
            load = 100.0 * event["load_p999"]
            self._lines.append(f"{event['block_size']} frames: {lost}, load {load:.0f} %, {1e3 * event['latency_s']:.1f} ms")
            self.told.setText("\n".join(self._lines))

    def _ended(self, answer: dict[str, Any]) -> None:
        self.begin.setEnabled(True)
        best = answer["best"]
        self._best = int(best["block_size"])
        word = "The smallest safe block is" if best["safe"] else "No block was free of dropouts; the best was"
        how = f" Set it where JACK is started: jackd -p {self._best}." if answer["jack"] else ""
        self.told.setText("\n".join([*self._lines, f"{word} {self._best} frames.{how}"]))
        self.use.setText(f"Use {self._best} frames")
        self.use.setVisible(not answer["jack"])
        self._link.refresh()

    def _failed(self, sentence: str) -> None:
        self.begin.setEnabled(True)
        self.told.setText("")
        self._link.said.emit(sentence, "")
        self._link.refresh()

    def _use(self) -> None:
        self._session.device |= {"block_size": self._best}
        self._link.request("device", lambda answer: self._link.refresh(), block_size=self._best)
