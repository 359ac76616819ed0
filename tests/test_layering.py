"""The arrows of import point one way (DESIGN.md): proved from the source, not from what happens to be loaded."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "seqviz"
MAY_IMPORT = {
    "core": set(),
    "data": {"core"},
    "models": {"core"},
    "analysis": {"core", "models"},
    "training": {"core", "data", "models", "analysis"},
    "runs": {"core", "training"},
    "watching": {"core", "models", "analysis", "training", "runs"},
    "gui": {"core"},
    "cli": {"core", "data", "models", "analysis", "training", "runs", "watching", "gui"},
}
TORCH_ROOMS = {"data", "models", "analysis", "training", "runs", "watching", "cli"}
QT = {"PySide6", "pyqtgraph", "superqt", "qtawesome", "shiboken6"}
FILES = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, only for type checking) of every import anywhere in a file."""
    tree = ast.parse(path.read_text())
    typing_only = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node in typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node in typing_only))
    return found


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != ROOT], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_rooms_below_it(path):
    room = room_of(path)
    for module, _ in imports(path):
        parts = module.split(".")
        if parts[0] == "seqviz" and len(parts) > 1 and parts[1] in MAY_IMPORT and parts[1] != room:
            assert parts[1] in MAY_IMPORT[room], f"{path.name} of {room} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_qt_stays_in_the_gui_and_torch_out_of_it(path):
    room = room_of(path)
    for module, typing_only in imports(path):
        top = module.split(".")[0]
        if top in QT:
            assert room in ("gui", "cli"), f"Qt in {path}"
        if top == "torch" and not typing_only:
            assert room in TORCH_ROOMS, f"torch in {path}"


def test_importing_the_window_loads_no_torch():
    import subprocess
    import sys

    code = "import sys, seqviz.gui.main_window; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_outside_the_sandbox_unpickles_or_evaluates():
    forbidden = ("pickle", "marshal", "shelve")
    for path in FILES:
        for module, _ in imports(path):
            assert module.split(".")[0] not in forbidden, path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "torch.load", "os.system"}, f"{path}:{node.lineno} {called}"
                assert "allow_pickle=True" not in ast.unparse(node), f"{path}:{node.lineno}"


def test_no_exception_is_swallowed():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
                silent = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
                assert not (broad and silent), f"{path}:{node.lineno}"
