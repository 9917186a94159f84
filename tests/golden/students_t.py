#!/usr/bin/env python3
"""Writes students_t.json: numbers of SciPy's Student's t and noncentral t, and the differences that paired t tests
detect.

Usage: students_t.py > students_t.json (needs scipy; made with 1.17.1)
"""

import json
import math

from scipy import optimize, stats

DEGREES = [1, 2, 3, 9, 29, 200]


def power(shift: float, degrees: int) -> float:
    """Of a two-sided test at 5 %, where the statistic's mean is `shift` standard errors off."""
    bound = stats.t.ppf(0.975, degrees)
    far = stats.nct.cdf(-bound, degrees, shift)  # NaN where it is too small for SciPy
    return stats.nct.sf(bound, degrees, shift) + (0 if math.isnan(far) else far)


print(json.dumps({
    "two_sided": [[t, degrees, 2 * stats.t.sf(t, degrees)]
                  for degrees in DEGREES for t in (0.0, 1e-3, 0.3, 1.0, 2.0, 5.0, 40.0)],
    "quantile": [[share, degrees, stats.t.ppf(share, degrees)]
                 for degrees in DEGREES for share in (0.6, 0.8, 0.9, 0.975, 0.995, 0.99999)],
    "detectable": [[degrees, optimize.brentq(lambda shift: power(shift, degrees) - 0.8, 1, 60, xtol=1e-12)]
                   for degrees in DEGREES],
}, indent=1))
