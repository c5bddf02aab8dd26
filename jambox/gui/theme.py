"""How the window looks: two sets of colours, one font, one stylesheet.

The colours that tell things apart are those of Okabe and Ito ("Color Universal Design", 2008), which people with any kind of
colour vision tell apart; what matters is never said by colour alone. Dark and light change at once; the zoom is Qt's own
scale factor, which it reads when it starts, so another zoom restarts the window, not the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette, QPen
from PySide6.QtWidgets import QApplication

Name = Literal["dark", "light"]

FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
TEXT_PX, SMALL_PX, LARGE_PX = 14, 12, 18
GAP, RADIUS = 8, 8
ARROW = (Path(__file__).parent / "arrow.png").as_posix()


@dataclass(frozen=True)
class Colours:
    """`edge` borders what can be clicked; `voice` is what comes in, `sound` what goes out, `moved` what a controller or the
    engine moves."""

    background: str
    panel: str
    raised: str
    line: str
    edge: str
    dim: str
    text: str
    voice: str
    sound: str
    moved: str
    good: str
    warning: str
    bad: str
    on_sound: str


DARK = Colours(
    background="#111418", panel="#191d23", raised="#262c35", line="#343c47", edge="#262c35", dim="#93a0b0", text="#e9edf2",
    voice="#56b4e9", sound="#f0a63a", moved="#cc79a7", good="#2fb58a", warning="#f0e442", bad="#f2693b", on_sound="#1a1206",
)  # fmt: skip
LIGHT = Colours(
    background="#e9ecf0", panel="#f8f9fb", raised="#ffffff", line="#c3cad3", edge="#ccd2da", dim="#56616e", text="#14181d",
    voice="#0072b2", sound="#b45f06", moved="#a03f78", good="#00724f", warning="#8a6d00", bad="#b83b00", on_sound="#ffffff",
)  # fmt: skip


class Theme(QObject):
    """The colours of the moment; `changed` tells those who paint for themselves."""

    changed = Signal()

    def __init__(self, name: Name = "dark", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name: Name = name
        self._made: dict[str, QColor] = {}
        self._mixed: dict[str, int] = {}

    @property
    def name(self) -> Name:
        """dark or light."""
        return self._name

    @property
    def colours(self) -> Colours:
        """As text, for stylesheets."""
        return DARK if self._name == "dark" else LIGHT

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """One of `Colours`, for a painter; `alpha` is how opaque."""
        key = f"{name} {alpha:.2f}"
        if key not in self._made:
            colour = QColor(getattr(self.colours, name))
            colour.setAlphaF(alpha)
            self._made[key] = colour
        return self._made[key]

    def pixel(self, name: str, share: float = 1.0, over: str = "background") -> int:
        """One of `Colours` as a pixel (RGB32), mixed with what it lies over."""
        key = f"{name} {share:.2f} {over}"
        if key in self._mixed:
            return self._mixed[key]
        mixed = 0
        above, below = self.colour(name), self.colour(over)
        for part in ("red", "green", "blue"):
            mixed = mixed << 8 | round(getattr(below, part)() + share * (getattr(above, part)() - getattr(below, part)()))
        self._mixed[key] = 0xFF000000 | mixed
        return self._mixed[key]

    def pen(self, name: str, width: float = 1.0, alpha: float = 1.0) -> QPen:
        """A pen with round ends in one of `Colours`."""
        solid, cap, join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        return QPen(self.colour(name, alpha), width, solid, cap, join)

    def font(self, size_px: int = TEXT_PX, *, bold: bool = False) -> QFont:
        """The window's font at a size."""
        font = QFont(list(FAMILIES))
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def choose(self, name: Name) -> None:
        """Change to dark or light, at once."""
        self._name = name
        self._made.clear()
        self._mixed.clear()
        self.apply()
        self.changed.emit()

    def apply(self) -> None:
        """Give the application font, palette and stylesheet."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setFont(self.font())
        application.setPalette(self._palette())
        application.setStyleSheet(stylesheet(self.colours))

    def _palette(self) -> QPalette:
        palette, role = QPalette(), QPalette.ColorRole
        for where, name in (
            (role.Window, "background"), (role.Base, "panel"), (role.AlternateBase, "raised"), (role.Button, "raised"),
            (role.WindowText, "text"), (role.Text, "text"), (role.ButtonText, "text"), (role.ToolTipText, "text"),
            (role.ToolTipBase, "raised"), (role.PlaceholderText, "dim"), (role.Highlight, "sound"),
            (role.HighlightedText, "on_sound"), (role.Mid, "line"), (role.Link, "voice"),
        ):  # fmt: skip
            palette.setColor(where, self.colour(name))
        return palette


def stylesheet(c: Colours) -> str:
    """The whole window's. Widgets say what they are by their `objectName` or the property `kind`."""
    return f"""
    * {{ outline: none; }}
    QWidget {{ color: {c.text}; }}
    QMainWindow, QWidget#page, QWidget#frame {{ background: {c.background}; }}
    QWidget[kind="panel"] {{ background: {c.panel}; border-radius: {RADIUS}px; }}
    QFrame#card {{ background: transparent; border: 1px solid transparent; border-radius: {RADIUS}px; }}
    QFrame#card:hover {{ background: {c.raised}; }}
    QFrame#card:focus {{ border-color: {c.voice}; }}
    QFrame#card[chosen="true"] {{ background: {c.raised}; border-color: {c.sound}; }}
    QToolButton#record {{ color: {c.bad}; }}
    QToolButton#record:disabled {{ color: {c.dim}; }}
    QToolButton#record:checked {{ background: {c.bad}; color: {c.on_sound}; }}
    QLabel {{ background: transparent; }}
    QLabel[kind="dim"] {{ color: {c.dim}; }}
    QLabel[kind="small"] {{ color: {c.dim}; font-size: {SMALL_PX}px; }}
    QLabel[kind="title"] {{ font-size: {LARGE_PX}px; font-weight: 600; }}
    QLabel[kind="warning"] {{ color: {c.bad}; }}
    QPushButton, QToolButton {{ background: {c.raised}; border: 1px solid {c.edge}; border-radius: 6px;
        padding: 5px 11px; min-height: 18px; }}
    QPushButton:hover, QToolButton:hover {{ border-color: {c.line}; }}
    QPushButton:pressed, QToolButton:pressed {{ background: {c.line}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {c.dim}; background: transparent; }}
    QPushButton[kind="primary"] {{ background: {c.sound}; color: {c.on_sound}; border-color: {c.sound}; }}
    QPushButton[kind="outlined"] {{ border-color: {c.dim}; }}
    QPushButton[kind="outlined"]:disabled {{ border-color: {c.line}; }}
    QPushButton:checked, QToolButton:checked {{ background: {c.sound}; color: {c.on_sound}; }}
    QPushButton:focus, QToolButton:focus {{ border: 1px solid {c.voice}; }}
    QToolButton {{ padding: 5px 7px; }}
    QToolButton::menu-indicator {{ image: none; }}
    QPushButton[kind="flat"], QToolButton[kind="flat"] {{ background: transparent; border-color: transparent; }}
    QPushButton[kind="flat"]:hover, QToolButton[kind="flat"]:hover {{ background: {c.raised}; }}
    QPushButton[kind="flat"]:checked {{ background: {c.raised}; color: {c.sound}; }}
    QPushButton[kind="flat"]:focus, QToolButton[kind="flat"]:focus {{ border-color: {c.voice}; }}
    QToolButton#panic {{ color: {c.bad}; }}
    QWidget#rail {{ background: {c.panel}; }}
    QPushButton[kind="page"] {{ background: transparent; border: 0; border-left: 3px solid transparent; border-radius: 0;
        padding: 9px 12px; text-align: left; color: {c.dim}; }}
    QPushButton[kind="page"]:hover {{ color: {c.text}; }}
    QPushButton[kind="page"]:checked {{ background: {c.background}; color: {c.text}; border-left-color: {c.sound}; }}
    QPushButton[kind="page"]:focus {{ border-left-color: {c.voice}; }}
    QWidget#top {{ background: {c.panel}; border-bottom: 1px solid {c.background}; }}
    QWidget#message {{ background: {c.raised}; border-top: 1px solid {c.line}; }}
    QWidget#status {{ background: {c.panel}; }}
    QLineEdit, QComboBox {{ background: {c.raised}; border: 1px solid {c.line};
        border-radius: 6px; padding: 4px 8px; selection-background-color: {c.sound}; selection-color: {c.on_sound}; }}
    QLineEdit:focus, QComboBox:focus {{ border-color: {c.voice}; }}
    QComboBox:disabled {{ color: {c.dim}; background: {c.panel}; }}
    QComboBox::drop-down {{ border: 0; width: 22px; }}
    QComboBox::down-arrow {{ image: url("{ARROW}"); width: 9px; height: 6px; }}
    QWidget#clear {{ background: transparent; }}
    QComboBox QAbstractItemView, QMenu {{ background: {c.raised}; border: 1px solid {c.line}; padding: 4px; }}
    QMenu::item {{ padding: 5px 22px 5px 12px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {c.sound}; color: {c.on_sound}; }}
    QMenu::item:disabled {{ color: {c.dim}; }}
    QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 6px; }}
    QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.line}; padding: 4px 6px; }}
    QScrollArea {{ background: transparent; border: 0; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {c.line}; border-radius: 4px; margin: 2px; min-height: 24px; min-width: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QAbstractItemView {{ background: {c.panel}; border: 0; alternate-background-color: {c.raised};
        selection-background-color: {c.raised}; selection-color: {c.text}; }}
    QTableView {{ border: 1px solid transparent; border-radius: 4px; }}
    QTableView:focus {{ border-color: {c.voice}; }}
    QHeaderView::section {{ background: {c.panel}; color: {c.dim}; border: 0; padding: 5px 8px; }}
    QProgressBar {{ background: {c.raised}; border: 0; border-radius: 4px; text-align: center; min-height: 8px; }}
    QProgressBar::chunk {{ background: {c.sound}; border-radius: 4px; }}
    QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {c.line}; border-radius: 4px;
        background: {c.raised}; }}
    QCheckBox::indicator:focus {{ border-color: {c.voice}; }}
    QCheckBox::indicator:disabled {{ background: {c.panel}; }}
    QCheckBox::indicator:checked {{ background: {c.sound}; border-color: {c.sound}; }}
    """
