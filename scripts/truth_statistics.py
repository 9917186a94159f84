"""What a table of truth can tell: how far networks of similar cost differ, how far seeds do, and how well a score could
order the networks at most. All intervals are 95 %, by bootstrap over networks.
"""

import bisect
import collections
import itertools
import math
import operator
import random
import statistics
import typing

NEAR = 0.05  # costs "within 5 %" of each other differ by at most so much of their mean
RESAMPLES = 1000
SEEDS = 3  # trainings of a network that the ceiling is made of


class Estimate(typing.NamedTuple):
    value: float
    low: float
    high: float

    def text(self, digits=2, factor=1):
        return "{:.{d}f} [{:.{d}f}, {:.{d}f}]".format(*(factor * x for x in self), d=digits)


def sign(x):
    return (x > 0) - (x < 0)


def near(a, b):
    return abs(a - b) <= NEAR * (a + b) / 2


def estimate(of, count, resamples=RESAMPLES, seed=0):
    """`of` takes how often each of `count` networks is in the sample, and gives a number or nan."""
    draws, found = random.Random(seed), []
    for _ in range(resamples):
        drawn = collections.Counter(draws.choices(range(count), k=count))
        found.append(of([drawn[i] for i in range(count)]))
    found = sorted(x for x in found if not math.isnan(x))
    value = of([1] * count)
    if not found:
        return Estimate(value, math.nan, math.nan)
    return Estimate(value, found[int(0.025 * (len(found) - 1))], found[math.ceil(0.975 * (len(found) - 1))])


class Spread:
    """Standard deviations of accuracy: between the networks of similar cost (without what seeds add), and between the
    seeds of a network. `accuracies`: of each network those of its seeds."""

    def __init__(self, costs, accuracies):
        self.inner = [(sum((x - statistics.fmean(seeds)) ** 2 for x in seeds), len(seeds) - 1) for seeds in accuracies]
        means = [statistics.fmean(seeds) for seeds in accuracies]
        # Of a pair (i, j) of means the square of the difference is expected to be twice the networks' variance and
        # the seeds' variance over the number of each one's seeds.
        self.pairs = [(i, j, (means[i] - means[j]) ** 2 / 2, (1 / len(accuracies[i]) + 1 / len(accuracies[j])) / 2)
                      for i, j in itertools.combinations(range(len(costs)), 2) if near(costs[i], costs[j])]

    def of_seeds(self, weights):
        freedom = sum(w * n for w, (_, n) in zip(weights, self.inner))
        return math.sqrt(sum(w * s for w, (s, _) in zip(weights, self.inner)) / freedom) if freedom else math.nan

    def of_networks(self, weights):
        noise, total, count = self.of_seeds(weights) ** 2, 0.0, 0
        for i, j, half_square, share in self.pairs:
            weight = weights[i] * weights[j]
            total += weight * (half_square - share * noise)
            count += weight
        return math.sqrt(max(0.0, total / count)) if count else math.nan

    def ratio(self, weights):
        seeds = self.of_seeds(weights)
        return self.of_networks(weights) / seeds if seeds > 0 else math.nan


class Tau:
    """Kendall's τ-b of two lists over pairs of networks, `chosen(i, j)` of all."""

    def __init__(self, a, b, chosen=lambda i, j: True):
        pairs = [(i, j) for i, j in itertools.combinations(range(len(a)), 2) if chosen(i, j)]
        self.pairs = pairs
        x, y = ([sign(values[i] - values[j]) for i, j in pairs] for values in (a, b))
        self.product = list(map(operator.mul, x, y))
        self.squares = [list(map(abs, x)), list(map(abs, y))]

    def __call__(self, weights):
        return self.of_pairs([weights[i] * weights[j] for i, j in self.pairs])

    def of_pairs(self, weights):
        total = math.prod(sum(map(operator.mul, weights, square)) for square in self.squares)
        return sum(map(operator.mul, weights, self.product)) / math.sqrt(total) if total else math.nan


class Ceiling:
    """How well a score can order networks at most, estimated from three seeds: τ of two seeds; τ of the mean of two
    with the third, which a score as good as two trainings reaches; and that of a score that knows each network's
    expected accuracy.

    The last is made of the first. Where networks and seeds are normal, τ = 2/π · asin ρ (Greiner 1909), and the
    correlation of the expectation with one seed is the root of that of two seeds. It holds of pairs of similar cost as
    well, since it is a statement on differences.
    """

    def __init__(self, accuracies, chosen=lambda i, j: True):
        seeds = [list(values) for values in zip(*(network[:SEEDS] for network in accuracies))]
        self.of_two = [Tau(a, b, chosen) for a, b in itertools.combinations(seeds, 2)]
        self.of_three = []
        for k, third in enumerate(seeds):
            others = [seed for m, seed in enumerate(seeds) if m != k]
            self.of_three.append(Tau([statistics.fmean(pair) for pair in zip(*others)], third, chosen))

    @staticmethod
    def mean(taus, weights):
        pairs = [weights[i] * weights[j] for i, j in taus[0].pairs]
        return statistics.fmean(tau.of_pairs(pairs) for tau in taus)

    def two_seeds(self, weights):
        return self.mean(self.of_two, weights)

    def two_with_third(self, weights):
        return self.mean(self.of_three, weights)

    def perfect(self, weights):
        tau = self.two_seeds(weights)
        return 2 / math.pi * math.asin(math.sqrt(math.sin(math.pi / 2 * tau))) if tau > 0 else math.nan


class TrulyBest:
    """How many networks beat the one with the highest expected accuracy in the table, whose seeds are chance: no
    search can do better on average, however well it knows the networks.

    Expectations are drawn as normal ones given the table: around each network's mean, drawn to the mean of all by as
    much as the seeds' variance takes of the whole. `accuracies`: of each network those of its seeds; `deviation`: of
    seeds."""

    def __init__(self, accuracies, deviation):
        self.means = [statistics.fmean(seeds) for seeds in accuracies]
        noise = [deviation ** 2 / len(seeds) for seeds in accuracies]
        middle = statistics.fmean(self.means)
        between = max(0.0, statistics.variance(self.means) - statistics.fmean(noise))
        kept = [between / (between + n) if between + n > 0 else 0.0 for n in noise]
        self.centres = [middle + k * (mean - middle) for k, mean in zip(kept, self.means)]
        self.deviations = [math.sqrt(between * (1 - k)) for k in kept]

    def beaten_by(self, draws=1000, seed=0):
        """Mean share of the networks, and the share that is not exceeded in 95 % of the draws."""
        order, shares = sorted(self.means), []
        numbers = random.Random(seed)
        for _ in range(draws):
            drawn = [numbers.gauss(c, d) for c, d in zip(self.centres, self.deviations)]
            best = self.means[max(range(len(drawn)), key=drawn.__getitem__)]
            shares.append((len(order) - bisect.bisect_right(order, best)) / len(order))
        return statistics.fmean(shares), sorted(shares)[math.ceil(0.95 * (draws - 1))]


def describe(rows, resamples=RESAMPLES):
    """Lines on a table; `rows`: of each network (macs, parameters, [accuracy of each seed])."""
    lines = [f"{len(rows)} networks, {sum(len(row[2]) for row in rows)} trainings"]
    if len(rows) < 3:
        return lines
    macs, parameters, accuracies = zip(*rows)
    means = [statistics.fmean(seeds) for seeds in accuracies]
    lines.append(f"accuracy {100 * min(means):.2f} to {100 * max(means):.2f} %, standard deviation "
                 f"{100 * statistics.stdev(means):.2f} points; {min(macs):,} to {max(macs):,} MACs")
    like = lambda i, j: near(macs[i], macs[j])
    for name, values in (("MACs", macs), ("parameters", parameters)):
        taus = [estimate(Tau(values, means, chosen), len(rows), min(resamples, 200)).text() for chosen in
                (lambda i, j: True, like)]
        lines.append(f"order by {name}: τ-b {taus[0]}, over pairs within 5 % of MACs {taus[1]}")
    repeated = [row for row in rows if len(row[2]) >= SEEDS]
    if len(repeated) < 3:
        return lines + [f"seeds: {len(repeated)} networks have {SEEDS}; too few to estimate the noise"]
    return lines + of_seeds(rows, repeated, resamples)


def describe_losses(rows, resamples=RESAMPLES):
    """Lines on the same networks by test loss, which distinguishes them better than accuracy does;
    `rows`: of each network (macs, parameters, [loss of each seed])."""
    repeated = [row for row in rows if len(row[2]) >= SEEDS]
    if len(repeated) < 3:
        return []
    macs, _, losses = zip(*repeated)
    between, seeds, ratio = spreads(macs, losses, resamples)
    ceiling = estimate(Ceiling(losses).perfect, len(repeated), min(resamples, 300))
    return [f"  by test loss: spread {between.text(4)} nats, between seeds {seeds.text(4)}, ratio {ratio.text()}; "
            f"ceiling of τ, all pairs: {ceiling.text(3)}"]


def spreads(macs, values, resamples):
    """Between networks within 5 % of MACs, between seeds, and their ratio."""
    spread = Spread(macs, values)
    return [estimate(of, len(macs), resamples) for of in (spread.of_networks, spread.of_seeds, spread.ratio)]


def of_seeds(rows, repeated, resamples):
    macs, _, accuracies = zip(*repeated)
    figures = spreads(macs, accuracies, resamples)
    like = lambda i, j: near(macs[i], macs[j])
    ceilings = [("all pairs", Ceiling(accuracies)), ("within 5 %", Ceiling(accuracies, like))]
    lines = [f"{len(repeated)} networks with {SEEDS} seeds:",
             f"  spread between networks within 5 % of MACs: {figures[0].text(2, 100)} points",
             f"  spread between seeds: {figures[1].text(2, 100)} points",
             f"  ratio: {figures[2].text()}"]
    for name, ceiling in ceilings:
        texts = [estimate(of, len(repeated), min(resamples, 300)).text(3) for of in
                 (ceiling.perfect, ceiling.two_with_third, ceiling.two_seeds)]
        lines.append(f"  ceiling of τ, {name}: {texts[0]}; two seeds with a third {texts[1]}, one with another "
                     f"{texts[2]}")
    return lines + of_best(rows, figures[1].value)


def of_best(rows, deviation):
    """A line for each quarter of the costs as a budget."""
    lines, macs = [], sorted(row[0] for row in rows)
    for quarter in (1, 2, 3, 4):
        budget = macs[len(macs) * quarter // 4 - 1]
        within = [accuracies for cost, _, accuracies in rows if cost <= budget]
        if len(within) < 3:
            continue
        mean, most = TrulyBest(within, deviation).beaten_by()
        lines.append(f"  the truly best of the {len(within)} networks within {budget:,} MACs is beaten by "
                     f"{100 * mean:.1f} % of them here, by {100 * most:.1f} % at most in 95 of 100 cases")
    return lines
