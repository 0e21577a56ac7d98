"""Derive the coefficients in activations/gaussian.py (run by hand; needs mpmath).

Fits R(a) = Φ(−a) exp(a²/2), a ≥ 0, by P(a)/Q(a) of degrees n and n + 1 with the
smallest relative error: linearised least squares in 60 digits, reweighted by
Lawson's method until the error is level. R falls like 1/a, hence the degrees.
"""

from __future__ import annotations

import mpmath as mp

mp.mp.dps = 60


def fit(n: int, largest: int, rounds: int = 15) -> tuple[list, list, float]:
    """Coefficients of P and Q, constant first, and the largest relative error."""
    count = 12 * (2 * n + 3)
    points = [_stretched(i, count, largest) for i in range(count)]
    values = [mp.erfc(a / mp.sqrt(2)) * mp.exp(a * a / 2) / 2 for a in points]
    weights, scale, best = [mp.mpf(1)] * count, [mp.mpf(1)] * count, None
    for turn in range(rounds):
        A, b = mp.matrix(count, 2 * n + 2), mp.matrix(count, 1)
        for r, (a, f) in enumerate(zip(points, values, strict=True)):
            s = mp.sqrt(weights[r]) / (f * scale[r])
            for j in range(n + 1):
                A[r, j], A[r, n + 1 + j] = s * a**j, -s * f * a ** (j + 1)
            b[r] = s * f
        x = list(mp.qr_solve(A, b)[0])
        p, q = x[: n + 1], [mp.mpf(1), *x[n + 1 :]]
        scale = [mp.polyval(q[::-1], a) for a in points]
        errors = [
            abs(mp.polyval(p[::-1], a) / s / f - 1)
            for a, s, f in zip(points, scale, values, strict=True)
        ]
        if best is None or max(errors) < best[2]:
            best = (p, q, max(errors))
        if turn > 2:
            weights = [w * e for w, e in zip(weights, errors, strict=True)]
            total = sum(weights) / count
            weights = [w / total + mp.mpf("1e-12") for w in weights]
    return best


def _stretched(i: int, count: int, largest: int) -> mp.mpf:
    """The i-th Chebyshev point, mapped to [0, largest] with most points near 0."""
    u = (mp.cos(mp.pi * (i + mp.mpf(0.5)) / count) + 1) / 2
    t = -1 + u * (1 + mp.mpf(largest - 2) / (largest + 2))
    return 2 * (1 + t) / (1 - t)


if __name__ == "__main__":
    for name, n, largest in (("single", 4, 14), ("double", 9, 39)):
        p, q, error = fit(n, largest)
        print(f"{name}: relative error {mp.nstr(error, 3)}")
        for symbol, row in (("P", p), ("Q", q)):
            print(f"  {symbol} =", ", ".join(mp.nstr(c, 17) for c in row))
