"""The place of a network among those of a table of truth."""

import json
import statistics

from truth_statistics import near
from truth_table_file import TableError, difference, name_of


def number_of(network, space, path):
    """The candidate of each layer that a network file has. Only keys that the table's danas knew are compared: a later
    one may write more."""
    layers = network["layers"]
    if len(layers) != len(space["layers"]):
        raise TableError(f"{path}: {len(layers)} layers, the table's space has {len(space['layers'])}: it is not "
                         "a network of that space")
    choice = []
    for i, (layer, of_space) in enumerate(zip(layers, space["layers"])):
        around = {key: value for key, value in of_space.items() if key != "candidates"}
        other = difference(around, layer, f"layer {i}") or difference(space["stem"], network["stem"], "the stem")
        if other:
            raise TableError(f"{path}: {other}: it is not a network of the table's space")
        (taken,) = layer["candidates"]
        equal = [c for c, candidate in enumerate(of_space["candidates"]) if not difference(candidate, taken, "")]
        if not equal:
            raise TableError(f"{path}: layer {i} has {json.dumps(taken)}, none of the candidates of the table's space")
        choice.append(equal[0])
    return tuple(choice)


def read_choice(path, table):
    """Of a best.json, a network.json or a file of random networks."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TableError(f"{path}: not JSON ({error}); give a best.json or network.json") from None
    try:
        return number_of(found["network"], json.loads(table.head["space"]), path)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TableError(f"{path}: not a network with one candidate per layer, or {table.path} records no space "
                         f"({error!r}); give a best.json or network.json, and a table of scripts/truth-table") from None


def beaten_by(accuracy, others):
    """How many of `others` are better, in words."""
    better = sum(other > accuracy for other in others)
    return f"{better} of {len(others)}" + (f" ({100 * better / len(others):.1f} %)" if others else "")


def describe(path, table):
    """A line on the network in the file `path`."""
    choice = read_choice(path, table)
    rows = table.rows_of_networks()
    if choice not in rows:
        raise TableError(f"{table.path} has no row of {name_of(choice)}, the network of {path}: "
                         f"{table.head.get('state', 'state unknown')}")
    macs = rows[choice][0].macs
    means = {network: statistics.fmean(row.accuracy for row in of_one) for network, of_one in rows.items()}
    others = [network for network in rows if network != choice]
    no_dearer = [means[n] for n in others if rows[n][0].macs <= macs]
    like = [means[n] for n in others if near(rows[n][0].macs, macs)]
    return (f"{path}: {name_of(choice)}, {macs:,} MACs, {100 * means[choice]:.2f} %, seeds: {len(rows[choice])}; "
            f"beaten by {beaten_by(means[choice], no_dearer)} of the networks that cost no more, by "
            f"{beaten_by(means[choice], like)} of those within 5 % of its cost")
