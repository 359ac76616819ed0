from __future__ import annotations

import gc
import weakref

from seqviz.gui.garbage import GarbageCollector


class Knot:
    pass


def tie() -> weakref.ref:
    knot = Knot()
    knot.self = knot
    return weakref.ref(knot)


def test_cycles_wait_for_the_timer_and_die_in_its_thread(qapp):
    collector = GarbageCollector()
    try:
        assert not gc.isenabled()
        collector.settle()
        knot = tie()
        assert knot() is not None
        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        _ = [[] for _ in range(50)]
        collector.collect_due()
        gc.set_threshold(*threshold)
        assert knot() is None
    finally:
        gc.unfreeze()
        collector.stop()


def test_nothing_is_collected_while_the_trainer_still_imports_torch(qapp):
    collector = GarbageCollector()
    try:
        knot = tie()
        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        _ = [[] for _ in range(50)]
        collector.collect_due()
        gc.set_threshold(*threshold)
        assert knot() is not None
    finally:
        collector.stop()


def test_stopping_gives_collection_back_to_python(qapp):
    assert gc.isenabled()
    collector = GarbageCollector()
    collector.stop()
    assert gc.isenabled()


def test_settling_leaves_what_is_alive_out_of_later_collections(qapp):
    collector = GarbageCollector()
    try:
        collector.settle()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        collector.stop()
