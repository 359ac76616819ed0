"""The outgoing half of the session: what the window asks of the trainer, and what can be undone."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqviz.core import commands as cm
from seqviz.core.config import RunConfig, parse_config
from seqviz.core.events import Frame, KnobChanged
from seqviz.core.lab_commands import BreakpointSetting, SetBreakpoints
from seqviz.gui.undo import KnobEdit, UndoStack
from seqviz.gui.worker_port import WorkerHandle


class SessionCommands:
    """Commands given before the worker runs wait for it, in order. No Qt in here."""

    def __init__(self) -> None:
        self.config: RunConfig | None = None  # as the run has it
        self.undo_stack = UndoStack()
        self._confirmed: RunConfig | None = None
        self._asked: list[KnobEdit] = []  # edits that the worker has not confirmed yet
        self._opening = False  # a stored run was asked for
        self._probe_asked: str | None = None
        self._sink: WorkerHandle | None = None
        self._waiting: list[cm.Command] = []
        self._watched: cm.Watch | None = None
        self._speed = 0.0
        self.breakpoint_settings: dict[str, BreakpointSetting] = {}  # limits as typed, armed or not
        self.armed: frozenset[str] = frozenset()  # breakpoints by name; they outlast the run

    def send(self, command: cm.Command) -> None:
        if self._sink is None:
            self._waiting.append(command)
        else:
            self._sink.send(command)

    def flush_commands(self, handle: WorkerHandle) -> None:
        """From now on commands go to `handle`; those given before go first."""
        self._sink = handle
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            handle.send(command)

    def forget_handle(self) -> None:
        self._sink = None

    # breakpoints

    def arm(self, setting: BreakpointSetting, on: bool) -> None:
        """Stop at this condition from now on, or no longer; its limit is kept either way."""
        self.breakpoint_settings[setting.name] = setting
        before, self.armed = self.armed, self.armed | {setting.name} if on else self.armed - {setting.name}
        if on or before != self.armed:
            self.send(SetBreakpoints(tuple(self.breakpoint_settings[name] for name in sorted(self.armed))))

    # experiments

    def choose(self, config: RunConfig) -> None:
        """Another experiment: what was changed in the one before can no longer be undone."""
        self.undo_stack.clear()
        self.prepare(config)

    def prepare(self, config: RunConfig) -> None:
        """Build a run of this config, paused at step 0."""
        self.config = config
        self.send(cm.Prepare(config))
        self._on_prepare_sent()

    def open_run(self, folder: Path) -> None:
        self._opening = True
        self.send(cm.OpenRun(folder))

    def reset(self) -> None:
        """The same experiment from step 0; the seed stays."""
        if self.config is not None:
            self.prepare(self.config)

    def rebuild_with(self, changes: Mapping[str, Any]) -> None:
        """The experiment with other settings that need new weights; can be undone.

        Raises
        ------
        ValueError
            one line that names the field; nothing was changed.
        """
        assert self.config is not None, "there is no experiment to change"
        config = self.config.replaced(dict(changes))
        key, value = next(iter(changes.items()))
        self._asked.append(KnobEdit(key, self.value_of(key), value, self.config))
        self.prepare(config)

    # transport

    def play(self) -> None:
        self.send(cm.Play(self._speed))

    def pause(self) -> None:
        self.send(cm.Pause())

    def step(self, count: int = 1) -> None:
        self.send(cm.Step(count))

    def set_speed(self, steps_per_second: float, playing: bool) -> None:
        """0: as fast as it goes."""
        if steps_per_second != self._speed:
            self._speed = steps_per_second
            if playing:
                self.play()

    # live changes

    def value_of(self, key: str) -> Any:
        """The value of a setting; None where a part leaves it at its default."""
        if self.config is None:
            return None
        try:
            return self.config.value(key)
        except KeyError:
            return None

    def set_knob(self, key: str, value: Any) -> None:
        """Change a live knob of the run; can be undone."""
        self._asked.append(KnobEdit(key, self.value_of(key), value))
        self.send(cm.SetKnob(key, value))

    def undo(self) -> KnobEdit | None:
        """Take the last change back; what it was, or None when there is nothing to undo."""
        edit = self.undo_stack.pop()
        if edit is None:
            return None
        if edit.before is None:
            self.send(cm.SetKnob(edit.key, edit.old))
        else:
            self.prepare(edit.before)
        return edit

    def set_probe(self, text: str) -> None:
        """Look through another text; once the worker took it, it belongs to the experiment."""
        self._probe_asked = text
        self.send(cm.SetProbe(text))

    def explain(self, position: int) -> None:
        """Ask what the token at this place of the probe was foretold from."""
        self.send(cm.Explain(position))

    def sample_now(self) -> None:
        self.send(cm.SampleNow())

    # looking

    def watch(self, wants: frozenset[str], source: str = "probe") -> None:
        """What is on screen now; nothing else is computed."""
        wish = cm.Watch(wants, source)
        if wish != self._watched:
            self._watched = wish
            self.send(wish)

    def watched_names(self, frame: Frame) -> frozenset[str]:
        """Those arrays of a frame that somebody looks at now."""
        wants = self._watched.wants if self._watched is not None else frozenset()
        return frozenset(n for n in frame.arrays if any(fnmatch.fnmatchcase(n, w) for w in wants))

    # texts

    def preview_tokens(self, kind: str, text: str, path: Path | None, vocab_size: int) -> None:
        self.send(cm.PreviewTokens(kind, text, path, vocab_size))

    def fetch(self, entry: str, local: Path | None = None) -> None:
        self.send(cm.FetchCorpus(entry, local))

    def cancel_fetch(self) -> None:
        self.send(cm.CancelFetch())

    # answers

    def take_config(self, tree: Mapping[str, Any]) -> None:
        """The worker built a run of this config (every knob spelled out)."""
        if self._opening:
            self.undo_stack.clear()  # what was changed in another run cannot be taken back in this one
            self._opening = False
        self.config = self._confirmed = parse_config(dict(tree))
        self._confirm(live=False, key="")

    def take_knob(self, event: KnobChanged) -> None:
        if self.config is not None:
            self.config = self.config.replaced({event.key: event.new})
        if self._confirmed is not None:  # not the same while another experiment is being built
            self._confirmed = self._confirmed.replaced({event.key: event.new})
        self._confirm(live=True, key=event.key)

    def take_probe(self, text: str) -> None:
        """What the user typed outlasts reset and another architecture; a corpus's own probe is not written down."""
        if text != self._probe_asked:
            return
        self._probe_asked = None
        if self.config is not None:
            self.config = self.config.replaced({"probe": text})
        if self._confirmed is not None:
            self._confirmed = self._confirmed.replaced({"probe": text})

    def take_rejection(self) -> None:
        """The last command changed nothing: neither does the window, and there is nothing to undo."""
        self._asked, self._opening = [], False
        if self._confirmed is not None:
            self.config = self._confirmed

    def _confirm(self, live: bool, key: str) -> None:
        done = [edit for edit in self._asked if edit.live == live and (not live or edit.key == key)]
        self._asked = [edit for edit in self._asked if edit not in done]
        for edit in done:
            self.undo_stack.push(edit)

    def _on_prepare_sent(self) -> None:
        """The session shows that a run is being built."""
