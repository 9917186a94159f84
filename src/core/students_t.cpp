#include "danas/core/students_t.h"

#include <cmath>
#include <functional>

namespace danas {
namespace {

// The continued fraction of I_x(a, b) (DLMF 8.17.22), evaluated by Lentz's method. Fast where x < (a + 1) / (a + b +
// 2).
double BetaFraction(double x, double a, double b) {
  constexpr double kTiny = 1e-300, kEnough = 1e-16;
  constexpr int kMostTerms = 10000;
  const auto not_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < kMostTerms; ++m) {
    double last = 0;
    for (const bool odd : {false, true}) {
      const double term = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                              : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / not_zero(1 + term * d);
      c = not_zero(1 + term / c);
      last = c * d;
      fraction *= last;
    }
    if (std::abs(last - 1) < kEnough) break;
  }
  return fraction;
}

// I_x(a, b), given 1 - x too, which may be too small to be distinguished from x.
double IncompleteBeta(double x, double rest, double a, double b) {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(rest));
  if (x < (a + 1) / (a + b + 2)) return front * BetaFraction(x, a, b) / a;
  return 1 - front * BetaFraction(rest, b, a) / b;
}

// Where a rising function crosses `level`.
double Solve(const std::function<double(double)>& rising, double level) {
  double low = 0, high = 1;
  while (rising(high) < level && high < 1e300) high *= 2;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (rising(middle) < level ? low : high) = middle;
  }
  return high;
}

double NormalCdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

// Of a two-sided test whose statistic is (Z + shift) / s, Z standard normal and s² = χ²/ν: the mean over s, by
// Simpson's rule. s has the density 2 (ν/2)^(ν/2) / Γ(ν/2) · s^(ν-1) · exp(-ν s²/2), and hardly ever lies 10/√ν
// above 1.
double Power(double shift, double bound, double degrees) {
  constexpr int kSteps = 4000;
  const double end = 1 + 10 / std::sqrt(degrees), step = end / kSteps, half = degrees / 2;
  const double log_constant = std::log(2.0) + half * std::log(half) - std::lgamma(half);
  double sum = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const double s = i * step;
    const double log_power = degrees == 1 ? 0 : (degrees - 1) * std::log(s);  // -inf at s = 0: density 0
    const double density = std::exp(log_constant + log_power - half * s * s);
    const double finds = NormalCdf(shift - bound * s) + NormalCdf(-shift - bound * s);
    sum += (i == 0 || i == kSteps ? 1 : i % 2 == 1 ? 4 : 2) * density * finds;
  }
  return sum * step / 3;
}

}  // namespace

double TwoSidedP(double t, double degrees) {
  if (std::isinf(t)) return 0;
  const double square = t * t;
  return IncompleteBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5);
}

double StudentQuantile(double share, double degrees) {
  return Solve([&](double t) { return -TwoSidedP(t, degrees); }, -2 * (1 - share));
}

double DetectableShift(double degrees) {
  const double bound = StudentQuantile(0.975, degrees);
  return Solve([&](double shift) { return Power(shift, bound, degrees); }, 0.8);
}

}  // namespace danas
