"""How surely the first network of a table of truth is the best of those up to a cost."""

import math
import statistics

from truth_table_file import TableError, name_of


def standard_errors(first, other):
    """Of the difference of two networks' means, each with the spread of its own seeds: seeds may matter little to one
    network and decide what another learns at all."""
    error = math.sqrt(statistics.variance(first) / len(first) + statistics.variance(other) / len(other))
    difference = statistics.fmean(first) - statistics.fmean(other)
    return difference / error if error > 0 else math.copysign(math.inf, difference)


def describe(table, most):
    """Lines: the first network, and each of the others with its distance."""
    rows = {}
    for (network, _), row in sorted(table.rows.items()):
        if row.macs <= most:
            rows.setdefault(network, []).append(row.accuracy)
    if len(rows) < 2:
        raise TableError(f"{table.path}: {len(rows)} networks up to {most:,} MACs; nothing to compare")
    single = [network for network, seeds in rows.items() if len(seeds) < 2]
    if single:
        raise TableError(f"{table.path}: {len(single)} of the {len(rows)} networks up to {most:,} MACs have one seed; "
                         "train all with --seeds-for")
    order = sorted(rows, key=lambda network: -statistics.fmean(rows[network]))
    first, others = order[0], order[1:]
    leads = {network: standard_errors(rows[first], rows[network]) for network in others}
    least = min(leads, key=leads.get)

    def line(network):
        seeds = rows[network]
        return (f"{name_of(network)}: {100 * statistics.fmean(seeds):.2f} %, seeds {100 * min(seeds):.1f} to "
                f"{100 * max(seeds):.1f} %")

    return [f"{len(rows)} networks up to {most:,} MACs; the first is {line(first)}",
            f"least sure against {name_of(least)}: {leads[least]:.1f} standard errors",
            *(f"{line(network)}; {leads[network]:.1f} standard errors behind" for network in others)]
