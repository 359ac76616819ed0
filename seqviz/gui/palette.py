"""The theme as QPalette and stylesheet: fields, combo boxes, buttons, menus, scroll bars, tool tips.

Hover lifts, pressed sinks to `well`, keyboard focus is a ring in ink. No hue anywhere.
"""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QColor, QPalette

from seqviz.core.paths import assets_root
from seqviz.gui.theme import Theme


def palette_of(theme: Theme) -> QPalette:
    """Qt's colour roles from the tokens."""
    palette = QPalette()
    role = QPalette.ColorRole
    roles = {
        role.Window: theme.window,
        role.WindowText: theme.ink,
        role.Base: theme.sheet,
        role.AlternateBase: theme.well,
        role.Text: theme.ink,
        role.PlaceholderText: theme.ink3,
        role.Button: theme.sheet,
        role.ButtonText: theme.ink,
        role.BrightText: theme.warn,
        role.ToolTipBase: theme.ink,
        role.ToolTipText: theme.sheet,
        role.Highlight: theme.ink2,
        role.HighlightedText: theme.sheet,
        role.Link: theme.ink,
        role.Mid: theme.line,
        role.Midlight: theme.line,
        role.Dark: theme.track,
        role.Light: theme.sheet,
        role.Shadow: theme.line,
        role.Accent: theme.ink,
    }
    for which, colour in roles.items():
        palette.setColor(which, colour)
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, theme.ink3)
    return palette


def stylesheet_of(theme: Theme, scale: float) -> str:
    """One stylesheet for the few native controls that are left; everything else is painted by hand."""

    def px(length: float) -> str:
        return f"{round(length * scale)}px"

    values = {name: colour.name() for name, colour in theme.tokens().items()}
    values |= {
        "radius": px(6),
        "chip": px(3),
        "p4": px(4),
        "p6": px(6),
        "p8": px(8),
        "p10": px(10),
        "p12": px(12),
        "p16": px(16),
        "field": px(30),
        "arrow": (assets_root() / "icons" / f"chevron-{theme.name}.svg").as_posix(),
        "hover": _between(theme.sheet, theme.ink, 0.04).name(),
        "primary_hover": _between(theme.ink, theme.sheet, 0.14).name(),
        "primary_pressed": _between(theme.ink, theme.sheet, 0.26).name(),
    }
    return _SHEET.substitute(values)


def _between(one: QColor, other: QColor, share: float) -> QColor:
    parts = [
        round(a + (b - a) * share)
        for a, b in zip((one.red(), one.green(), one.blue()), (other.red(), other.green(), other.blue()), strict=True)
    ]
    return QColor(*parts)


_SHEET = Template("""
QToolTip { color: $sheet; background: $ink; border: none; padding: $p4 $p8; }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {
    color: $ink; background: $sheet; border: 1px solid $line; border-radius: $radius;
    padding: 0 $p10; min-height: $field; selection-background-color: $ink2; selection-color: $sheet; }
QPlainTextEdit, QTextEdit { padding: $p4 $p8; }
QLineEdit:hover, QComboBox:hover { border-color: $track; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus { border: 2px solid $ink; }
QLineEdit:disabled, QComboBox:disabled { color: $ink3; background: $well; }
QLineEdit[compact="true"] { min-height: $p16; padding: 0 $p4; border-radius: $chip; }
QComboBox[compact="true"] { min-height: $p16; padding: 1px $p6; border-radius: $chip; }
QComboBox::drop-down { border: none; width: $p16; padding-right: $p8; }
QComboBox[compact="true"]::drop-down { padding-right: $p4; }
QComboBox::down-arrow { image: url("$arrow"); width: $p12; height: $p12; }
QComboBox QAbstractItemView {
    color: $ink; background: $sheet; border: 1px solid $track; outline: none; padding: $p4;
    selection-background-color: $well; selection-color: $ink; }
QComboBox QAbstractItemView::item { min-height: $field; padding: 0 $p6; }
QPushButton {
    color: $ink; background: $sheet; border: 1px solid $line; border-radius: $radius;
    padding: 0 $p12; min-height: $field; }
QPushButton:hover { background: $hover; border-color: $track; }
QPushButton:pressed, QPushButton:checked { background: $well; }
QPushButton:focus { border: 2px solid $ink; }
QPushButton:disabled { color: $ink3; background: $well; }
QPushButton[primary="true"] { color: $sheet; background: $ink; border: 1px solid $ink; font-weight: bold; }
QPushButton[primary="true"]:hover { background: $primary_hover; }
QPushButton[primary="true"]:pressed { background: $primary_pressed; }
QPushButton[primary="true"]:focus { border: 2px solid $track; }
QPushButton[primary="true"]:disabled { color: $ink3; background: $sheet; border-color: $line; }
QPushButton[flat="true"], QToolButton { color: $ink2; background: transparent; border: 1px solid transparent;
    border-radius: $chip; padding: $p4; }
QPushButton[flat="true"]:hover, QToolButton:hover { background: $well; color: $ink; }
QPushButton[flat="true"]:pressed, QToolButton:pressed, QToolButton:checked { background: $line; color: $ink; }
QPushButton[flat="true"]:focus, QToolButton:focus { border: 1px solid $ink; }
QToolButton::menu-indicator { image: none; }
QMenu { color: $ink; background: $sheet; border: 1px solid $track; padding: $p4; }
QMenu::item { padding: $p6 $p16; border-radius: $chip; }
QMenu::item:selected { background: $well; }
QMenu::item:disabled { color: $ink3; }
QMenu::separator { height: 1px; background: $line; margin: $p4 $p8; }
QScrollArea { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: $p10; }
QScrollBar:horizontal { height: $p10; }
QScrollBar::handle { background: $track; border-radius: $chip; margin: 2px; }
QScrollBar::handle:vertical { min-height: $field; }
QScrollBar::handle:horizontal { min-width: $field; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $ink3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QCheckBox, QRadioButton { color: $ink; spacing: $p8; }
QListView, QTreeView, QTableView { color: $ink; background: $sheet; border: none; outline: none;
    selection-background-color: $well; selection-color: $ink; }
QHeaderView::section { color: $ink3; background: $sheet; border: none; border-bottom: 1px solid $line;
    padding: $p4 $p8; }
QSplitter::handle { background: transparent; }
QDockWidget { color: $ink2; }
QDockWidget::title { background: $rail; padding: $p4 $p8; }
""")
