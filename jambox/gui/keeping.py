"""The form under the presets: what sounds now gets a name, words to find it by, and an author."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPushButton, QWidget

from jambox.errors import BadInput, JamboxError
from jambox.gui.link import EngineLink
from jambox.params import BY_ID
from jambox.presets import Preset, load_preset, preset_names
from jambox.presets.keeping import import_preset, save_preset, with_hash
from jambox.presets.library import composed, preset_path, read_bytes


def free_name(name: str) -> str:
    """This name for a preset, with a number behind it if another one has it."""
    taken, free, number = preset_names(), name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def take_in(file: Path) -> tuple[str, Preset]:
    """A preset's file among the user's own, beside one of its name, which stays; BadInput if it is none.

    One whose very content is there already is that one.
    """
    name = composed(file.stem)
    if name in preset_names() and read_bytes(preset_path(name)) == read_bytes(file):
        return name, load_preset(name)
    name = free_name(name)
    return name, import_preset(file, name)[1]


class KeepForm(QWidget):
    """`kept(name)` when a preset was written. What is there already is only replaced after a second click."""

    kept = Signal(str)

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        form = QFormLayout(self)
        form.setContentsMargins(0, 4, 0, 0)
        self.name, self.description, self.tags, self.author = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.tags.setPlaceholderText("words, separated by commas")
        for label, line in (
            ("Name", self.name),
            ("What it is", self.description),
            ("Tags", self.tags),
            ("Author", self.author),
        ):
            line.setAccessibleName(label)
            form.addRow(label, line)
        self.button = QPushButton("Keep it")
        self.button.clicked.connect(self.keep)
        self.name.returnPressed.connect(self.keep)
        self.name.textEdited.connect(lambda text: self._look())
        form.addRow("", self.button)
        self.hide()

    def open(self, shown: bool) -> None:
        """Show the form, filled with the words of what it came from; or put it away."""
        self.setVisible(shown)
        if not shown:
            return
        words = self._words()
        self.name.setText(free_name(words.name))
        self.description.setText(words.description)
        self.tags.setText(", ".join(words.tags))
        self.author.setText(words.author if words.author != "Jambox" else "")
        self._look()
        self.name.setFocus()
        self.name.selectAll()

    def keep(self) -> None:
        """Write it."""
        name, now = composed(self.name.text().strip()), self._link.sounding()
        if now is None:
            self._link.said.emit("What plays is not known yet; it can be kept once the engine has started.", "start")
            return
        preset = Preset(
            name=name,
            instrument=now.instrument,
            params={id: value for id, value in now.known_params().items() if value != BY_ID[id].default},
            description=self.description.text().strip(),
            tags=tuple(tag.strip() for tag in self.tags.text().split(",") if tag.strip()),
            author=self.author.text().strip(),
        )
        try:
            save_preset(name, with_hash(preset), overwrite=self.button.property("replaces") == name)
        except BadInput as error:
            if name in preset_names():
                self.button.setProperty("replaces", name)
                self.button.setText(f"Replace {name}")
            else:
                self._link.said.emit(str(error), "")
        except JamboxError as error:
            self._link.said.emit(str(error), "")
        else:
            if now.has_files:
                files = " and ".join(word for word, file in (("room", now.room), ("tuning", now.scale)) if file is not None)
                self._link.said.emit(f"{name} is kept without the {files} of a file: presets hold none.", "")
            self.kept.emit(name)

    def _look(self) -> None:
        self.button.setProperty("replaces", None)
        self.button.setText("Keep it")

    def _words(self) -> Preset:
        now = self._link.sounding()
        try:
            if now is not None and now.preset is not None:
                return load_preset(now.preset)
        except JamboxError:  # it may have been deleted meanwhile
            pass
        return Preset("My sound", "", {})
