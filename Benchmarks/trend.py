"""How figures went over time: a line through each, and all of them drawn below each other."""

import html
import statistics

WIDTH, HEIGHT, LEFT, RIGHT, GAP = 820, 84, 70, 150, 34


def line(times, values):
    """Slope and value at 0 of the line whose slope is the median of those between any two points (Theil and Sen).

    A few points that stray, however far, do not turn it.
    """
    if len(times) > 600:
        step = len(times) / 600
        chosen = [int(each * step) for each in range(600)]
        times, values = [times[each] for each in chosen], [values[each] for each in chosen]
    slopes = [(values[b] - values[a]) / (times[b] - times[a])
              for a in range(len(times)) for b in range(a + 1, len(times)) if times[a] != times[b]]
    slope = statistics.median(slopes) if slopes else 0
    return slope, statistics.median(value - slope * time for time, value in zip(times, values))


def drawing(title, times, panels, settled):
    """SVG: of each panel its name, unit and values; what comes before `settled` is no part of its line."""
    height = GAP + len(panels) * (HEIGHT + GAP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" fill="#222">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{html.escape(title)}</text>']
    for number, (name, unit, values) in enumerate(panels):
        parts += panel(GAP + number * (HEIGHT + GAP), name, unit, times, values, settled)
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{height - 6}" text-anchor="end">minutes: {times[-1] / 60:.1f}</text>')
    return "\n".join([*parts, "</svg>", ""])


def panel(top, name, unit, times, values, settled):
    """From 0 up, so that what moves little looks so."""
    most, last = max(max(values), 1e-9) * 1.1, max(times[-1], 1e-9)
    room = WIDTH - LEFT - RIGHT

    def point(time, value):
        share = min(max(value / most, 0), 1)
        return f"{LEFT + room * time / last:.1f},{top + HEIGHT * (1 - share):.1f}"

    slope, start = line(*kept(times, values, settled))
    points = " ".join(point(time, value) for time, value in zip(times, values))
    fitted = " ".join(point(time, start + slope * time) for time in (settled, last))
    bottom, right = top + HEIGHT, LEFT + room
    return [
        f'<path d="M{LEFT} {top}V{bottom}H{right}" fill="none" stroke="#999"/>',
        f'<polyline points="{points}" fill="none" stroke="#1f6fb2" stroke-width="1.4"/>',
        f'<polyline points="{fitted}" fill="none" stroke="#d1495b" stroke-width="1.4" stroke-dasharray="5 4"/>',
        f'<text x="{LEFT - 6}" y="{top + 11}" text-anchor="end">{short(most)}</text>',
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{right + 8}" y="{top + 14}" font-weight="bold">{html.escape(name)}</text>',
        f'<text x="{right + 8}" y="{top + 30}">{html.escape(unit)}</text>',
        f'<text x="{right + 8}" y="{top + 46}">median {short(statistics.median(values))}</text>',
        f'<text x="{right + 8}" y="{top + 62}">{slope * (last - settled):+.3g} in all</text>']


def kept(times, values, settled):
    chosen = [(time, value) for time, value in zip(times, values) if time >= settled]
    return [time for time, _ in chosen], [value for _, value in chosen]


def short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
