"""Every colour, font and measure of the window, and the switch between light and dark.

The chrome has no hue, so every colour on screen is data. Widgets ask `theme()` when they paint and keep
`version()` in the key of what they cache; `theme_changed.changed` tells them to paint again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QGuiApplication
from PySide6.QtWidgets import QApplication

from seqviz.core.paths import assets_root
from seqviz.gui import colour_maps, meanings
from seqviz.gui.meanings import MemberStyle, member_style
from seqviz.gui.number_text import power_label, short, step_label, thousands

__all__ = [
    "MemberStyle",
    "Theme",
    "ThemeChanged",
    "apply_palette",
    "colour_table",
    "contrasting",
    "faded",
    "family_colour",
    "font",
    "gate_colour",
    "load_fonts",
    "lut",
    "member_style",
    "metrics",
    "mixed",
    "power_label",
    "presentation",
    "px",
    "scale",
    "set_presentation",
    "set_theme",
    "set_window_width",
    "short",
    "step_label",
    "theme",
    "theme_changed",
    "thousands",
    "version",
]

FONT_FAMILY = "DejaVu Sans"
PRESENTATION_SCALE = 1.6
PRESENTATION_SMALLEST_TYPE = 18
BLACK = QColor("#000000")
WHITE = QColor("#FFFFFF")


@dataclass(frozen=True)
class Theme:
    """One column of the colour table. The QColors are shared: never change one, take `faded` or a copy."""

    name: str
    dark: bool
    window: QColor
    sheet: QColor
    rail: QColor
    well: QColor
    ghost: QColor
    line: QColor
    track: QColor
    ink: QColor
    ink2: QColor
    ink3: QColor
    warn: QColor

    def tokens(self) -> dict[str, QColor]:
        """Colour tokens by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("name", "dark")}


def _theme(name: str, dark: bool, **colours: str) -> Theme:
    return Theme(name, dark, **{token: QColor(value) for token, value in colours.items()})


LIGHT = _theme(
    "light",
    False,
    window="#E9ECEF",
    sheet="#FFFFFF",
    rail="#F5F6F8",
    well="#F1F3F5",
    ghost="#EDF0F2",
    line="#DCE1E6",
    track="#CBD2D9",
    ink="#17202B",
    ink2="#48535F",
    ink3="#626D7A",
    warn="#B00020",
)
DARK = _theme(
    "dark",
    True,
    window="#0C0F13",
    sheet="#161B21",
    rail="#12161B",
    well="#1D232A",
    ghost="#1D232A",
    line="#28303A",
    track="#3A4450",
    ink="#E9EDF2",
    ink2="#B3BDC8",
    ink3="#8E99A6",
    warn="#FF7A85",
)


class ThemeChanged(QObject):
    """Says that colours or measures changed. Emitted in the window's thread, after the change."""

    changed = Signal()

    @Slot()
    def follow_system(self) -> None:
        """The desktop changed between light and dark: follow it if the user asked for that."""
        if _state.wanted == "system":
            set_theme("system")


@dataclass
class _State:
    """What is chosen now; the one mutable thing of this module."""

    current: Theme = LIGHT
    wanted: str = "light"
    version: int = 0
    window_width: int = 0
    scale: float = 1.0  # asked for hundreds of times a frame
    presentation: bool = False
    fonts_loaded: bool = False
    follows: bool = False
    families: list[str] = field(default_factory=list)


_state = _State()
theme_changed = ThemeChanged()


def theme() -> Theme:
    """The colours in force."""
    return _state.current


def version() -> int:
    """Grows with every change of theme or scale: put it into cache keys."""
    return _state.version


def wanted_theme() -> str:
    """What was asked for: light, dark or system."""
    return _state.wanted


def set_theme(name: str) -> None:
    """Choose "light", "dark" or "system"; repaints the application. ValueError for another name."""
    if name not in ("light", "dark", "system"):
        raise ValueError(f"there is no theme {name!r}: choose light, dark or system")
    _state.wanted = name
    dark = name == "dark" or (name == "system" and _system_is_dark())
    _state.current = DARK if dark else LIGHT
    _announce()


def _system_is_dark() -> bool:
    app = QGuiApplication.instance()
    if not isinstance(app, QGuiApplication):
        return False
    if not _state.follows:
        app.styleHints().colorSchemeChanged.connect(theme_changed.follow_system)
        _state.follows = True
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _announce() -> None:
    _state.version += 1
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply_palette(app)
    theme_changed.changed.emit()


def scale() -> float:
    """Factor on lengths: 1 up to 1920 px of window, 1.25 from 2400 on, 1.6 times that in presentation."""
    return _state.scale


def _scale_now() -> float:
    share = min(max((_state.window_width - 1920) / (2400 - 1920), 0.0), 1.0)
    grown = 1.0 + 0.025 * round(10 * share)  # in steps, so that a resize does not restyle at every pixel
    return grown * (PRESENTATION_SCALE if _state.presentation else 1.0)


def set_window_width(width: int) -> None:
    """Tell the width of the main window in px; announces a change when the scale changes."""
    before = scale()
    _state.window_width = width
    _state.scale = _scale_now()
    if scale() != before:
        _announce()


def presentation() -> bool:
    return _state.presentation


def set_presentation(on: bool) -> None:
    """Presentation mode: large type (never under 18 px), large measures."""
    if on != _state.presentation:
        _state.presentation = on
        _state.scale = _scale_now()
        _announce()


def px(length: float) -> int:
    """A length at scale 1 as whole pixels now."""
    return round(length * scale())


def load_fonts() -> None:
    """Register the bundled DejaVu Sans, once per program: offscreen Qt brings no fonts of its own."""
    if _state.fonts_loaded:
        return
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf"):
        number = QFontDatabase.addApplicationFont(str(assets_root() / "fonts" / name))
        _state.families += QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    _state.fonts_loaded = True


def font(size: float, bold: bool = False, scaled: bool = True) -> QFont:
    """DejaVu Sans, `size` px at scale 1 (exactly `size` px if not `scaled`). Shared: copy to change."""
    pixels = size
    if scaled:
        pixels = size * scale()
        pixels = max(pixels, PRESENTATION_SMALLEST_TYPE) if _state.presentation else pixels
    return _font(max(1, round(pixels)), bold)


def metrics(size: float, bold: bool = False, scaled: bool = True) -> QFontMetricsF:
    """Metrics of `font(...)`, cached."""
    return _metrics(font(size, bold, scaled).pixelSize(), bold)


@lru_cache(maxsize=256)
def _font(pixels: int, bold: bool) -> QFont:
    load_fonts()
    made = QFont(FONT_FAMILY)
    made.setPixelSize(pixels)
    made.setBold(bold)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


@lru_cache(maxsize=256)
def _metrics(pixels: int, bold: bool) -> QFontMetricsF:
    return QFontMetricsF(_font(pixels, bold))


@lru_cache(maxsize=512)
def _colour(value: str) -> QColor:
    return QColor(value)


def _resolved(value: str) -> QColor:
    """A colour value or the name of a token."""
    return getattr(_state.current, value, None) or _colour(value)


def family_colour(family: str, text: bool = False) -> QColor:
    """Hue of a family or architecture (line, or the darker variant for text). Unknown ones are neutral."""
    return _resolved(meanings.family_value(family, _state.current.dark, text))


def gate_colour(gate: str, text: bool = False) -> QColor:
    """Hue of a gate: `forget_gate`, `input_gate`, `output_gate`, `update_gate`, `reset_gate`; others ink2."""
    return _resolved(meanings.gate_value(gate, _state.current.dark, text))


def faded(colour: QColor, share: float) -> QColor:
    """A copy of `colour` at `share` (0 .. 1) of full opacity."""
    copy = QColor(colour)
    copy.setAlphaF(share)
    return copy


def mixed(colour: QColor, other: QColor, share: float) -> QColor:
    """`colour` with `share` (0 .. 1) of another."""
    one, two = ((c.redF(), c.greenF(), c.blueF()) for c in (colour, other))
    red, green, blue = (a + (b - a) * share for a, b in zip(one, two, strict=True))
    return QColor.fromRgbF(red, green, blue)


def contrasting(colour: QColor) -> QColor:
    """Black or white, whichever contrasts more with `colour` (WCAG relative luminance)."""
    return BLACK if luminance(colour) > 0.179 else WHITE


def luminance(colour: QColor) -> float:
    """WCAG relative luminance, 0 .. 1."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """WCAG contrast ratio, 1 .. 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lut(name: str) -> NDArray[np.uint8]:
    """(256, 3) uint8 of "viridis", "cividis" or "diverging" in the theme in force; read-only."""
    return colour_maps.lookup_table(name, _state.current.dark)


def colour_table(name: str) -> tuple[int, ...]:
    """256 QRgb values for an index image: 254 of data, transparent where masked, ghost where NaN."""
    ghost = _state.current.ghost.rgb() & 0xFFFFFF
    return colour_maps.rgb_table(name, _state.current.dark, ghost)


def apply_palette(app: QApplication) -> None:
    """Give the application its style, palette, stylesheet and font."""
    from seqviz.gui.palette import palette_of, stylesheet_of

    load_fonts()
    if app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setFont(font(12))
    app.setPalette(palette_of(_state.current))
    app.setStyleSheet(stylesheet_of(_state.current, scale()))
