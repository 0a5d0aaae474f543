"""The picture of a stream in a terminal."""

from __future__ import annotations

import numpy as np
from rich.console import Console

from avaffect.live import PersonTick, Stats, Tick
from avaffect.live.intake import Counts
from avaffect.live.terminal import Canvas, Screen


def drawn(screen, width=80):
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(screen.render(width))
    return console.export_text()


def ticks(count, people):
    for k in range(count):
        yield Tick(k, k / 12.5, (k + 1) / 12.5, tuple(people(k)), speech=0.9, delay=0.12)


def screen(count=0, people=lambda k: ()):
    stats = Stats(Counts())
    made = Screen("camera 0", stats)
    for tick in ticks(count, people):
        made.add(tick)
        stats.add(tick.delay)
    return made


def test_before_anything_came():
    text = drawn(screen())
    assert "waiting" in text
    assert "nobody" in text


def test_values_speaker_and_delay_are_told():
    def people(k):
        yield PersonTick(1, 0.5, 0.2, 0.8, -0.25, -0.5, 0.0, source="face+voice", speaking=0.9)
        yield PersonTick(2, -0.5, source="face", speaking=0.1)

    text = drawn(screen(50, people))
    assert "delay 120 ms" in text
    assert "4.0 s" in text
    (first,) = (line for line in text.splitlines() if line.startswith("person 1"))
    assert first.split() == [
        *["person", "1", "+0.50", "(+0.20", "to", "+0.80)", "-0.25", "(-0.50", "to"],
        "+0.00)",
        "face+voice",
        "yes",
    ]
    (second,) = (line for line in text.splitlines() if line.startswith("person 2"))
    assert second.split() == ["person", "2", "-0.50", "-", "face", "listens"]


def test_a_higher_value_stands_higher_in_the_trace():
    def rows_with_dots(value):
        made = screen(250, lambda k: [PersonTick(1, valence=value)])
        lines = drawn(made).splitlines()
        first = next(i for i, line in enumerate(lines) if "valence" in line)
        panel = lines[first + 1 : first + 7]
        return [i for i, line in enumerate(panel) if sum(ord(c) > 0x2800 for c in line) > 60]

    assert rows_with_dots(0.9) == [0]
    assert rows_with_dots(-0.9) == [5]


def test_no_line_is_wider_than_the_terminal():
    def people(k):
        yield PersonTick(None, 0.5, 0.2, 0.8, -0.25, -0.5, 0.0, source="voice")

    for width in (60, 120):
        assert max(len(line.rstrip()) for line in drawn(screen(300, people), width).splitlines()) <= width


def test_dots_outside_are_left_out():
    canvas = Canvas(1, 1)
    canvas.dot(5, 0, "red")
    canvas.dot(0, -1, "red")
    assert canvas.text().plain == chr(0x2800)
    assert not np.any(canvas._bits)
