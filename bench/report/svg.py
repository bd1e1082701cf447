"""Plots as SVG: horizontal bars, and lines. Legible on light and on dark."""

from html import escape
from math import floor, log10

from report.numbers import show

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .faint { fill: #57606a; font-size: 12px }
  .axis { stroke: #8c959f; stroke-width: 1 }
  .theirs { fill: #8c959f } .ours { fill: #bc4c00 }
  .line { fill: none; stroke-width: 2 }
  .l0 { stroke: #bc4c00 } .l1 { stroke: #0969da } .l2 { stroke: #1a7f37 }
  .d0 { fill: #bc4c00 } .d1 { fill: #0969da } .d2 { fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #9198a1 }
    .theirs { fill: #6e7681 } .ours { fill: #f0883e }
    .l0 { stroke: #f0883e } .l1 { stroke: #58a6ff } .l2 { stroke: #3fb950 }
    .d0 { fill: #f0883e } .d1 { fill: #58a6ff } .d2 { fill: #3fb950 }
  }
"""
WIDTH, LABELS, ROW = 760, 270, 22


def picture(height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img">\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n")


def text(x, y, words, kind="", anchor="start"):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind} text-anchor="{anchor}">{escape(words)}</text>'


def bars(title, unit, rows):
    """Rows are (label, number, lowest, highest, whether it is ours); longest first."""
    rows = sorted(rows, key=lambda row: -row[1])
    scale = (WIDTH - LABELS - 90) / max(row[3] for row in rows)
    parts = [text(8, 22, title, "title"), text(WIDTH - 8, 22, unit, "faint", "end")]
    for index, (label, number, lowest, highest, ours) in enumerate(rows):
        y = 40 + index * ROW
        parts.append(text(LABELS - 8, y + 14, label, "", "end"))
        parts.append(f'<rect x="{LABELS}" y="{y + 3}" width="{max(1, number * scale):.1f}" height="14" '
                     f'class="{"ours" if ours else "theirs"}"/>')
        low, high = LABELS + lowest * scale, LABELS + highest * scale
        parts.append(f'<path d="M{low:.1f} {y + 10}H{high:.1f}" class="axis"/>')
        parts.append(text(max(high, LABELS + number * scale) + 6, y + 14, show(number), "faint"))
    return picture(50 + ROW * len(rows), parts)


def lines(title, x_title, series):
    """Series are {name: [(x, y)]}; x is logarithmic unless it begins at 0."""
    points = [point for line in series.values() for point in line]
    left, right, top, bottom = 80, WIDTH - 20, 60, 300
    scale = log10 if min(x for x, _ in points) > 0 else float
    low, high = (scale(pick(x for x, _ in points)) for pick in (min, max))
    ceiling = nice(max(y for _, y in points))

    def place(x, y):
        across = (scale(x) - low) / (high - low or 1)
        return left + across * (right - left), bottom - y / ceiling * (bottom - top)

    parts = [text(8, 22, title, "title"),
             f'<path d="M{left} {top}V{bottom}H{right}" fill="none" class="axis"/>',
             text((left + right) / 2, bottom + 38, x_title, "faint", "middle")]
    for share in (0, 0.5, 1):
        parts.append(text(left - 8, place(1, ceiling * share)[1] + 4, show(ceiling * share), "faint", "end"))
    for x in sorted({x for x, _ in points}):
        parts.append(text(place(x, 0)[0], bottom + 18, short(x), "faint", "middle"))
    for index, (name, line) in enumerate(series.items()):
        places = [place(*point) for point in sorted(line)]
        parts.append(f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" class="line l{index % 3}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="d{index % 3}"/>' for x, y in places]
        parts.append(f'<rect x="{left + index * 220}" y="34" width="12" height="12" class="d{index % 3}"/>')
        parts.append(text(left + index * 220 + 18, 45, name))
    return picture(bottom + 50, parts)


def short(number):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def nice(number):
    """The next of 1, 2, 5, 10, 20, 50…"""
    if number <= 0:
        return 1
    power = 10 ** floor(log10(number))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= number)
