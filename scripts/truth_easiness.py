"""Do networks and candidates that are ranked on a table's easy classes keep their rank on all classes? DA-NAS prunes
after steps that saw only the easiest classes (the paper's Observation 3 and Algorithm 1), and depends on it.

A class is easier the higher its accuracy, averaged over all trainings of the table. The accuracy on several classes is
the mean of theirs: equally many test images of each are assumed.
"""

import itertools
import statistics

import truth_statistics as truth

SHARES = (0.1, 0.2, 0.3, 0.5, 0.8, 1.0)  # of the classes, the easiest first


def from_easy_to_hard(rows):
    """The numbers of the classes."""
    means = [statistics.fmean(of_class) for of_class in zip(*(row.of_classes for row in rows))]
    return sorted(range(len(means)), key=lambda k: (-means[k], k))


def on_classes(row, classes):
    return statistics.fmean(row.of_classes[k] for k in classes)


def effects(networks, accuracies, weights):
    """Of each layer: its candidates' mean accuracies over the networks that have them. nan: none has."""
    found = []
    for layer in zip(*networks):
        sums = {}
        for candidate, accuracy, weight in zip(layer, accuracies, weights):
            total, count = sums.get(candidate, (0.0, 0))
            sums[candidate] = (total + weight * accuracy, count + weight)
        found.append([total / count if count else float("nan") for _, (total, count) in sorted(sums.items())])
    return found


def kept_order(networks, easy, whole):
    """Of the pairs of candidates of one layer the share that both accuracies order alike, as a function of weights.
    `easy` is read from the even networks and `whole` from the odd ones: what a training did by chance is not in
    both."""
    def of(weights):
        first = effects(networks[::2], easy[::2], weights[::2])
        second = effects(networks[1::2], whole[1::2], weights[1::2])
        alike = [(a[i] > a[j]) == (b[i] > b[j]) for a, b in zip(first, second)
                 for i, j in itertools.combinations(range(min(len(a), len(b))), 2)]
        return statistics.fmean(alike) if alike else float("nan")
    return of


def describe(table, resamples=200):
    """Lines: for each share of the classes τ-b of the networks' order on them with that on all, and the share of pairs
    of candidates that keep their order."""
    order = from_easy_to_hard(list(table.rows.values()))
    by_network = {}
    for (network, seed), row in sorted(table.rows.items()):
        by_network.setdefault(network, {})[seed] = row
    repeated = [rows for rows in by_network.values() if {0, 1, 2} <= rows.keys()]
    if len(repeated) < 3:
        return [f"easy classes: {len(repeated)} networks have three seeds; too few to compare"]
    lines = [f"classes from easy to hard: {' '.join(map(str, order))}",
             "networks: τ-b of seed 0 on the easiest classes with seeds 1 and 2 on all (and on the harder ones left); "
             "candidates: pairs of a layer in the same order"]
    others = [[statistics.fmean(values) for values in zip(rows[1].of_classes, rows[2].of_classes)] for rows in repeated]
    macs = [rows[0].macs for rows in repeated]
    like = lambda i, j: truth.near(macs[i], macs[j])
    networks = list(by_network)
    everything = [statistics.fmean(rows[0].of_classes) for rows in by_network.values()]
    counts = sorted({max(1, round(share * len(order))) for share in SHARES})
    for count in counts:
        easy, left = order[:count], order[count:]
        on_easy = [on_classes(rows[0], easy) for rows in repeated]
        whole = [statistics.fmean(values) for values in others]
        texts = [truth.estimate(truth.Tau(on_easy, whole, chosen), len(repeated), resamples).text()
                 for chosen in (lambda i, j: True, like)]
        hard = "–"
        if left:
            on_left = [statistics.fmean(values[k] for k in left) for values in others]
            hard = truth.estimate(truth.Tau(on_easy, on_left), len(repeated), resamples).text()
        of_candidates = kept_order(networks, [on_classes(rows[0], easy) for rows in by_network.values()], everything)
        kept = truth.estimate(of_candidates, len(networks), resamples).text(0, 100)
        lines.append(f"  {count} of {len(order)} classes: τ-b {texts[0]}, within 5 % of MACs {texts[1]}, with the "
                     f"other classes {hard}; candidates {kept} %")
    return lines
