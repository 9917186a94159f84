// Student's t distribution, as small samples of means and of paired differences need it, and what a t test can detect.
#pragma once

namespace danas {

// P(|T| ≥ |t|) for `degrees` ≥ 1 degrees of freedom: the regularised incomplete beta function I_x(ν/2, 1/2) at
// x = ν / (ν + t²) (DLMF 8.17), to about 1e-14 of its value. 0 for an infinite t.
double TwoSidedP(double t, double degrees);

// The value that T stays below with probability `share`, in [0.5, 1).
double StudentQuantile(double share, double degrees);

// How many standard errors a mean must lie from 0, so that a two-sided t test at 5 % finds it with a probability of
// 80 %: by the noncentral t distribution, integrated over the estimate of the standard deviation.
double DetectableShift(double degrees);

}  // namespace danas
