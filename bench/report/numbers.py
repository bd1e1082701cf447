"""Medians and ratios of rows that were measured in rounds."""

from statistics import median


def by_round(rows, system, setting, key):
    """{round: number} of one setting of a system."""
    return {row["round"]: row[key] for row in rows
            if row["system"] == system and row["setting"] == setting and key in row}


def ratios(ours, theirs):
    """The ratio in each round that has both: machines change their mood from round to round."""
    return [ours[number] / theirs[number] for number in sorted(ours.keys() & theirs.keys())]


def pairs(rows):
    """The (system, setting) that were measured, each once, in their order."""
    return list(dict.fromkeys((row["system"], row["setting"]) for row in rows))


def middle(rows, pair, key):
    numbers = by_round(rows, *pair, key).values()
    return median(numbers) if numbers else None


def best(rows, key, among, choose=max):
    """The pair with the best median, or None if there is none."""
    measured = [pair for pair in among if by_round(rows, *pair, key)]
    return choose(measured, key=lambda pair: middle(rows, pair, key)) if measured else None


def show(number):
    """Three digits that matter, or all before the point."""
    if number is None:
        return "–"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def with_spread(numbers, unit=""):
    """The median and, if there is more than one, the smallest and the largest."""
    numbers = list(numbers)
    if not numbers:
        return "–"
    text = f"{show(median(numbers))}{unit}"
    if len(numbers) > 1:
        text += f" [{show(min(numbers))}–{show(max(numbers))}]"
    return text
