/** Confidence of every bound: one-sided 95 %. */
export const CONFIDENCE = 0.95
const ALPHA = 0.05

/** P(X <= k) of n independent trials with failure probability p. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k >= n) return 1
  if (k < 0 || p >= 1) return 0
  if (p <= 0) return 1
  return incompleteBeta(1 - p, n - k, k + 1)
}

/** One-sided 95 % upper Clopper-Pearson bound of the failure probability after k failures in n; 1 without data. */
export function upperBound(k: number, n: number): number {
  if (k >= n) return 1
  return bisect((p) => binomialCdf(k, n, p) > ALPHA)
}

/** One-sided 95 % lower Clopper-Pearson bound of the failure probability after k failures in n; 0 without data. */
export function lowerBound(k: number, n: number): number {
  if (k <= 0 || n <= 0) return 0
  return bisect((p) => 1 - binomialCdf(k - 1, n, p) < ALPHA)
}

/** Fewest requests whose upper bound is within `limit` although k of them failed. */
export function minimumN(limit: number, k = 0): number {
  const proves = (n: number): boolean => binomialCdf(k, n, limit) <= ALPHA
  let high = k + 1
  while (!proves(high)) high *= 2
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (proves(middle)) high = middle
    else low = middle
  }
  return high
}

/** The p in [0, 1] where `below` turns from true to false. */
function bisect(below: (p: number) => boolean): number {
  let low = 0
  let high = 1
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2
    if (below(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Regularized I_x(a, b) by Lentz's continued fraction; the front factor in logarithms, or it overflows from n = 1000 on. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  // The fraction converges fast only on this side of the mean.
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const safe = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1))
  let h = d
  for (let m = 1; m <= 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / safe(1 + even * d)
    c = safe(1 + even / c)
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / safe(1 + odd * d)
    c = safe(1 + odd / c)
    const step = d * c
    h *= step
    if (Math.abs(step - 1) < 1e-14) break
  }
  return h
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905, -0.13857109526572012,
  9.984369578019572e-6, 1.5056327351493116e-7,
]

/** ln of gamma(z) for z >= 1, to about 1e-14 relative. */
function logGamma(z: number): number {
  const x = z - 1
  const t = x + LANCZOS.length - 0.5
  const sum = LANCZOS.reduce((total, coefficient, i) => total + coefficient / (x + i + 1), 0.9999999999998099)
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum)
}
