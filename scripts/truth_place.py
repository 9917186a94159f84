"""The place of a network among those of a table of truth."""

import json
import statistics

from truth_statistics import near
from truth_table_file import TableError, name_of


def number_of(network_json, space_json, path):
    """The candidate of each layer that a network file has."""
    layers, of_space = network_json.get("layers", []), space_json["layers"]
    if len(layers) != len(of_space):
        raise TableError(f"{path}: {len(layers)} layers, the table's space has {len(of_space)}: it is no network of that space")
    choice = []
    for i, (layer, candidates) in enumerate(zip(layers, (layer["candidates"] for layer in of_space))):
        (taken,) = layer["candidates"] if len(layer.get("candidates", [])) == 1 else (None,)
        if taken not in candidates:
            raise TableError(f"{path}: layer {i} has {json.dumps(taken)}, none of the candidates of the table's space")
        choice.append(candidates.index(taken))
    return tuple(choice)


def read_choice(path, table):
    """Of a best.json, a network.json or a file of random networks."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TableError(f"{path}: no JSON ({error}); name a best.json or network.json") from None
    network = found.get("network") if isinstance(found, dict) else None
    if not isinstance(network, dict):
        raise TableError(f"{path}: no 'network' in it; name a best.json or network.json")
    return number_of(network, json.loads(table.head["space"]), path)


def beaten_by(accuracy, others):
    """How many of `others` are better, in words."""
    better = sum(other > accuracy for other in others)
    return f"{better} of {len(others)}" + (f" ({100 * better / len(others):.1f} %)" if others else "")


def describe(path, table):
    """A line on the network in the file `path`."""
    choice = read_choice(path, table)
    rows = {}
    for (network, _), row in table.rows.items():
        rows.setdefault(network, []).append(row)
    if choice not in rows:
        raise TableError(f"{table.path} has no row of {name_of(choice)}, the network of {path}: "
                         f"{table.head.get('state', 'state unknown')}")
    macs = rows[choice][0].macs
    means = {network: statistics.fmean(row.accuracy for row in of_one) for network, of_one in rows.items()}
    others = [network for network in rows if network != choice]
    no_dearer = [means[n] for n in others if rows[n][0].macs <= macs]
    like = [means[n] for n in others if near(rows[n][0].macs, macs)]
    return (f"{path}: {name_of(choice)}, {macs:,} MACs, {100 * means[choice]:.2f} %, seeds: {len(rows[choice])}; beaten by "
            f"{beaten_by(means[choice], no_dearer)} of the networks that cost no more, by "
            f"{beaten_by(means[choice], like)} of those within 5 % of its cost")
