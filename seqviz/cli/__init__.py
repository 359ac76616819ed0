"""The command line, and the one place where window, training and storage are joined.

Exit status: 0 done, 1 the run failed or diverged, 2 bad usage or configuration (one line on stderr names the field).
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path
from typing import NoReturn

DEFAULT_PRESET = "lstm-stories"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; without one, open the window."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # numpy's own threads only get in the way of torch's: an HMM's small products took 25 times as long with two
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")  # else memory grows with every new length
    os.environ.setdefault("LRU_CACHE_CAPACITY", "64")
    _write_anything()
    try:
        return int(_run(_parser().parse_args(arguments)))
    except ValueError as error:
        return _say(str(error), 2)
    except KeyboardInterrupt:
        return _say("stopped", 1)
    except BrokenPipeError:  # the reader has seen enough (`seqviz list architectures | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _say(f"{error.filename or 'disk'}: {error.strerror or error}", 1)
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not _is_full(error):
            raise
        return _say("out of memory: try a smaller batch or fewer units", 1)


def _is_full(error: RuntimeError) -> bool:
    """Torch's words for a machine without memory left."""
    return any(words in str(error).lower() for words in ("allocate memory", "out of memory"))


def _say(text: str, status: int) -> int:
    """One line, whatever the text."""
    print(f"seqviz: {' '.join(text.split())}", file=sys.stderr)
    return status


def _write_anything() -> None:
    """A terminal that lacks a character shows "?" for it; a sample must not fail over that."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


class _Parser(argparse.ArgumentParser):
    """Bad usage costs one line, as bad values do."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def _run(options: argparse.Namespace) -> int:
    plugins = tuple(options.plugin)
    for path in plugins:
        print(f"seqviz: {path} is code and will be run as code", file=sys.stderr)
    if plugins and options.command is not None:
        from seqviz.cli.window import load_here

        load_here(plugins)
    match options.command:
        case None:
            from seqviz.cli.window import window

            return window(options.preset, plugins)
        case "list":
            from seqviz.cli.listing import show_list

            return show_list(options.what, options.json)
        case "train":
            from seqviz.cli.train import train

            return train(options)
        case "sample":
            from seqviz.cli.sample import sample

            return sample(options)
        case "trace":
            from seqviz.cli.trace import trace

            return trace(options.source, options.probe, options.out)
        case "diagnose":
            from seqviz.cli.diagnose import diagnose

            return diagnose(options.source, options.steps, options.json)
        case "screenshot":
            from seqviz.cli.screenshot import screenshot

            return screenshot(options)
        case "bench":
            from seqviz.cli.bench import bench

            return bench(options.only, options.json)
    raise AssertionError(options.command)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="seqviz", description="A laboratory for seeing sequence models learn.")
    parser.add_argument("--preset", default=DEFAULT_PRESET, help="what the window opens with")
    parser.add_argument(
        "--plugin", action="append", default=[], type=Path, metavar="FILE.py",
        help="run your own file first: its architectures, corpora and tasks join the others (may be repeated)",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _list_command(commands.add_parser("list", help="architectures, corpora, tasks, presets, panels"))
    _train_command(commands.add_parser("train", help="train a preset without a window"))
    _sample_command(commands.add_parser("sample", help="let a stored run write"))
    judged = commands.add_parser("diagnose", help="what is wrong with a run, with evidence and what to try")
    judged.add_argument("source", metavar="PRESET|RUN_DIR")
    judged.add_argument("--steps", type=int, default=300, help="how long a preset is trained first (default 300)")
    judged.add_argument("--json", action="store_true", help="the verdict as one JSON object on the last line")
    traced = commands.add_parser("trace", help="every named array of one traced probe, as .npz")
    traced.add_argument("source", metavar="PRESET|RUN_DIR")
    traced.add_argument("--probe", help="the text to look through (default: the preset's)")
    traced.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    _screenshot_command(commands.add_parser("screenshot", help="a picture of the window after some steps"))
    benched = commands.add_parser("bench", help="measure speed, as ratios in interleaved runs")
    benched.add_argument("--only", action="append", default=[], metavar="NAME")
    benched.add_argument("--json", action="store_true")
    return parser


def _list_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("architectures", "corpora", "tasks", "presets", "panels"))
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")


def _train_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="a name (see `list presets`) or a path to a TOML file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the run folder (default: below the user's data folder)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument(
        "--stop-when", action="append", default=[], dest="stop_when", metavar="NAME[@DISTANCE][=LIMIT]",
        help="halt before the step that meets this: nan, grad_norm=5, itemised_gradient@20=0.001 ... (may be repeated)",
    )  # fmt: skip


def _sample_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN_DIR")
    parser.add_argument("--prompt", help="text to go on from")
    parser.add_argument("--length", type=int)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--top-k", type=int, dest="top_k")
    parser.add_argument("--top-p", type=float, dest="top_p")
    parser.add_argument("--seed", type=int)


def _screenshot_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="PRESET|RUN_DIR")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    parser.add_argument("--panel", metavar="NAME", help="this panel alone")
    parser.add_argument("--room", metavar="NAME", help="a room of the laboratory (backprop, jacobians, weights ...)")
    parser.add_argument(
        "--twin",
        action="append",
        default=[],
        metavar="REMEDY=VALUE",
        help="beside a twin with this, such as forget_bias=3",
    )
    parser.add_argument("--twin-steps", type=int, default=100, dest="twin_steps", help="how far both train on (100)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--size", metavar="WxH", help="of the window (1600x1000), or of the panel")
