"""The benchmark's goals, and the table that it ends with."""

import statistics

# key: (what is measured, "<=" or ">=", the goal, its unit). Sizes in braces come from the set that ran.
GOALS = {
    "real_floor": ("{real} real drops, 2 parsers: night / floor with 2 processes, wall", "<=", 1.25, ""),
    "real_cpu": ("{real} real drops, 1 parser: night / floor with 1 process, CPU", "<=", 1.4, ""),
    "tiny_floor": ("{tiny} tiny drops, 2 parsers: night / floor with 2 processes, wall", "<=", 2.0, ""),
    "tiny_full_floor": ("{tiny} tiny drops, 2 parsers: night / full floor with 2 processes, wall", "<=", 3.8, ""),
    "real_full_floor": ("{real} real drops, 2 parsers: night / full floor with 2 processes, wall", "<=", 2.0, ""),
    "tiny_peer": ("{tiny} tiny drops: peer.py, 2 processes / night, 2 parsers, wall", ">=", 3.9, ""),
    "real_peer": ("{real} real drops: peer.py, 2 processes / night, 2 parsers, wall", ">=", 1.2, ""),
    "tiny_python": ("{tiny} tiny drops: durable Python, 1 process / night, 1 parser, wall", ">=", 12, ""),
    "tiny_strongest": ("{tiny} tiny drops: the strongest durable Python, 8 processes / night, 2 parsers, wall",
                       ">=", 8, ""),
    "tiny_unsynced": ("{tiny} tiny drops: Python without syncs, 2 processes / durable night, 2 parsers, wall",
                      ">=", 3, ""),
    "real_python": ("{real} real drops: durable Python, 4 processes / night, 2 parsers, wall", ">=", 2.3, ""),
    "real_python_cpu": ("{real} real drops: durable Python, 4 processes / night, 2 parsers, CPU", ">=", 2.8, ""),
    "syncs": ("{tiny} tiny drops: durable night / the same with syncs turned off, wall", "<=", 1.7, ""),
    "parsers": ("{real} real drops on tmpfs: night with 1 parser / with 2, wall", ">=", 1.8, ""),
    "memory": ("peak memory of the parent and of each parser, any archive, any backlog", "<=", 64, " MiB"),
    "second": ("second night with nothing new / the night before, {n} drops", "<=", 0.05, ""),
    "empty": ("empty night with {stored} requests stored / with {few}", "<=", 1.5, ""),
    "stored": ("night of {drops} drops with {stored} stored / with {few}", "<=", 1.2, ""),
    "register": ("sqlite3 .import of {rows} establishments / register step for {asked} SIRETs", ">=", 20, ""),
    "linear": ("night of {big} drops / of {n}, wall", "<=", 4.3, ""),
}
USUAL = {"tiny": 1000, "real": 80, "n": 5000, "big": 20_000, "drops": 1000, "stored": 1_000_000, "few": 1000,
         "rows": 1_000_000, "asked": 5000}


def grouped(number):
    return f"{number:,}".replace(",", " ")


def number(value):
    """Three significant digits or so."""
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def spread(values):
    values = list(values)
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} [{number(min(values))}-{number(max(values))}]"


class Table:
    def __init__(self):
        self.values, self.reasons, self.sizes, self.notes = {}, {}, {}, {}

    def put(self, key, values, note="", **sizes):
        """One value a round; the median is held against the goal. The note stands beside the figure."""
        self.values[key], self.sizes[key], self.notes[key] = list(values), sizes, note

    def miss(self, keys, reason):
        for key in keys:
            self.reasons[key] = reason

    def row(self, key):
        what, sign, goal, unit = GOALS[key]
        what = what.format(**{name: grouped(size) for name, size in (USUAL | self.sizes.get(key, {})).items()})
        if key not in self.values:
            reason = self.reasons.get(key, "make bench-full does")
            return what, f"{sign} {goal}{unit}", f"not measured: {reason}", "", "-"
        median = statistics.median(self.values[key])
        reached = median <= goal if sign == "<=" else median >= goal
        return (what, f"{sign} {goal}{unit}", spread(self.values[key]) + unit + self.notes[key],
                str(len(self.values[key])), "yes" if reached else "NO")

    def lines(self):
        """A Markdown table whose columns are also straight on a terminal."""
        rows = [("what", "goal", "measured, median [min-max]", "rounds", "reached?"), *map(self.row, GOALS)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        rows.insert(1, tuple("-" * width for width in widths))
        return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
