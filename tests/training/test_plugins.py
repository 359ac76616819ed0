"""User code appears in the registries; what is wrong with it is told with its traceback, and stops nothing."""

from __future__ import annotations

import pytest

from seqviz.core.channel import Mailbox
from seqviz.core.events import Notice, Ready, WorkerStopped
from seqviz.models.base import architectures
from seqviz.training.plugins import PluginError, load_plugin
from seqviz.training.worker import TrainingWorker, wait_until

MINE = '''
"""A wider name for the LSTM."""
from seqviz.models.base import architectures
from seqviz.models.lstm import LSTM

@architectures.register("{name}")
class Mine(LSTM):
    """The LSTM under a name of its own."""
    title = "Mine"
'''


@pytest.fixture
def forget():
    names: list[str] = []
    yield names
    for name in names:
        architectures._items.pop(name, None)


def test_an_architecture_of_the_user_is_registered(tmp_path, forget):
    forget.append("mine_one")
    path = tmp_path / "mine.py"
    path.write_text(MINE.format(name="mine_one"))
    load_plugin(path)
    assert architectures.get("mine_one").title == "Mine"


@pytest.mark.parametrize(("content", "says"), [("1 / 0", "ZeroDivisionError"), ("def", "SyntaxError")])
def test_what_a_plugin_raises_is_one_line_with_its_traceback(tmp_path, content, says):
    path = tmp_path / "bad.py"
    path.write_text(content)
    with pytest.raises(PluginError, match=rf"bad\.py: {says}") as caught:
        load_plugin(path)
    assert "Traceback" in caught.value.details


def test_a_file_that_is_no_python_file_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("x = 1")
    with pytest.raises(PluginError, match=r"notes\.txt is not a Python file"):
        load_plugin(tmp_path / "notes.txt")
    with pytest.raises(PluginError, match=r"missing\.py: there is no such file"):
        load_plugin(tmp_path / "missing.py")


def test_the_worker_offers_good_plugins_and_tells_of_bad_ones(tmp_path, forget):
    forget.append("mine_two")
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(MINE.format(name="mine_two"))
    bad.write_text("raise RuntimeError('no')")
    box, heard = Mailbox(), []
    worker = TrainingWorker(box, plugins=(bad, good))
    worker.start()

    def ended(kind: type) -> bool:
        heard.extend(box.drain())
        return any(isinstance(e, kind) for e in heard)

    assert wait_until(lambda: ended(Ready), 30)
    assert worker.stop(20)
    assert ended(WorkerStopped)
    ready = next(e for e in heard if isinstance(e, Ready))
    assert "mine_two" in [p.name for p in ready.parts]
    notice = next(e for e in heard if isinstance(e, Notice) and e.level == "error")
    assert "bad.py: RuntimeError: no" in notice.text
    assert "Traceback" in notice.details
