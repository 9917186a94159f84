"""The file of a table of truth: comments on how it was made, then one row a training (docs/search-study.md). It is
always replaced whole, and its rows are in the order of network and seed, whatever order they were trained in.
"""

import json
import typing

from step_session import write_whole

COLUMNS = ["network", "macs", "parameters", "seed", "loss", "accuracy"]
JSON_KEYS = ("recipe", "space")  # of the head: what a later call is compared with


class TableError(Exception):
    """What is wrong with a table, and where; or why it cannot be resumed."""


class Row(typing.NamedTuple):
    network: typing.Tuple[int, ...]  # the candidate of each layer
    macs: int
    parameters: int
    seed: int
    loss: float
    accuracy: float
    of_classes: typing.Tuple[float, ...]

    def text(self):
        values = [self.macs, self.parameters, self.seed, self.loss, self.accuracy, *self.of_classes]
        return ",".join([name_of(self.network), *map(repr, values)])


def name_of(network):
    return "-".join(map(str, network))


def read_row(text):
    network, macs, parameters, seed, *shares = text.split(",")
    loss, accuracy, *of_classes = map(float, shares)
    choice = tuple(map(int, network.split("-")))
    return Row(choice, int(macs), int(parameters), int(seed), loss, accuracy, tuple(of_classes))


class Table:
    """`head`: keys and texts of the comments, in order."""

    def __init__(self, path, head, classes):
        self.path, self.head, self.classes = path, head, classes
        self.rows = {}

    def add(self, row):
        self.rows[row.network, row.seed] = row

    def write(self):
        lines = [f"# {key}: {value}" for key, value in self.head.items()]
        lines.append(",".join(COLUMNS + [f"class_{k}" for k in range(self.classes)]))
        lines += [self.rows[key].text() for key in sorted(self.rows)]
        write_whole(self.path, "\n".join(lines) + "\n")

    def by_network(self, column="accuracy"):
        """(macs, parameters, [accuracy, or loss, of each seed]) of every network, seeds in order."""
        return [(rows[0].macs, rows[0].parameters, [getattr(row, column) for row in rows])
                for rows in self.rows_of_networks().values()]

    def rows_of_networks(self):
        """Of every network the rows of its seeds, in order."""
        found = {}
        for (network, _), row in sorted(self.rows.items()):
            found.setdefault(network, []).append(row)
        return found


def read_table(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    head = {}
    while lines and lines[0].startswith("# "):
        key, _, value = lines.pop(0)[2:].partition(": ")
        head[key] = value
    columns = lines.pop(0).split(",") if lines else []
    classes = len(columns) - len(COLUMNS)
    if columns[:len(COLUMNS)] != COLUMNS or columns[len(COLUMNS):] != [f"class_{k}" for k in range(classes)]:
        raise TableError(f"{path}:{len(head) + 1}: expected the columns {','.join(COLUMNS)},class_0,...: this is not "
                         "a table of truth")
    table = Table(path, head, classes)
    for number, line in enumerate(lines, len(head) + 2):
        try:
            row = read_row(line)
        except ValueError:
            raise TableError(f"{path}:{number}: found '{line[:60]}', expected a row of {len(columns)} values") from None
        if len(row.of_classes) != classes:
            raise TableError(f"{path}:{number}: {len(row.of_classes)} accuracies of classes, expected {classes}")
        if (row.network, row.seed) in table.rows:
            raise TableError(f"{path}:{number}: network {name_of(row.network)} with seed {row.seed} is listed twice")
        table.add(row)
    return table


def difference(was, now, where):
    """The first place where `now` differs from what `was` has; "" if there is none. Keys that `was` lacks do not count:
    a later version of danas may have new ones, whose defaults are as before."""
    if isinstance(was, dict) and isinstance(now, dict):
        pairs = [(f"{where}.{key}", value, now.get(key)) for key, value in was.items()]
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = [(f"{where}[{i}]", a, b) for i, (a, b) in enumerate(zip(was, now))]
    else:
        return "" if was == now else f"{where} was {json.dumps(was)}, now it is {json.dumps(now)}"
    return next(filter(None, (difference(a, b, place) for place, a, b in pairs)), "")


def require_same(table, head):
    """That a table's rows were made as `head` says."""
    for key in JSON_KEYS + ("train", "test"):
        if key not in table.head:
            raise TableError(f"{table.path}: its header has no '{key}'; give another --out")
        was, now = table.head[key], head[key]
        found = difference(*((json.loads(was), json.loads(now)) if key in JSON_KEYS else (was, now)), key)
        if found:
            raise TableError(f"{table.path} was started with different settings: {found}. A table has one recipe: "
                             "restore the setting, or give another --out")
