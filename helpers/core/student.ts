/** Tail probabilities that robust rules need. All pure. */

/**
 * Upper tail of Student's t distribution; `freedom` need not be whole.
 * Source: Abramowitz and Stegun 26.7.1 with 26.5.2; Numerical Recipes 6.4 for the continued fraction.
 */
export function studentTail(t: number, freedom: number): number {
  if (t < 0) return 1 - studentTail(-t, freedom)
  if (!Number.isFinite(t)) return 0
  return betaShare(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
}

/** The regularized incomplete beta function I_x(a, b). */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

/** Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= 1000; m++) {
    const steps = [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]
    const before = result
    for (const step of steps) {
      d = 1 / away(1 + step * d)
      c = away(1 + step / c)
      result *= d * c
    }
    if (Math.abs(result / before - 1) < 1e-14) break
  }
  return result
}

/** Source: Lanczos, with the coefficients of Numerical Recipes 6.1; error below 2e-10. */
function logGamma(x: number): number {
  const series = [76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3]
  const sum = [...series, -5.395239384953e-6].reduce((total, part, i) => total + part / (x + 1 + i), 1.000000000190015)
  return Math.log((2.5066282746310007 * sum) / x) + (x + 0.5) * Math.log(x + 5.5) - (x + 5.5)
}

export const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
