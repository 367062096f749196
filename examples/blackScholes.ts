/** Prices of European options. The derivatives have names in finance: delta, vega, theta, rho, gamma. */

export interface Market {
  /** Price of the underlying. */
  spot: number;
  /** Volatility a year. */
  sigma: number;
  /** Interest rate a year, continuously compounded. */
  rate: number;
}

/** The normal distribution function by Hart's approximation: fifteen digits. */
function normalCdf(x: number): number {
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const e = Math.exp((-z * z) / 2);
  let tail: number;
  if (z < 7.07106781186547) {
    let top = 3.52624965998911e-2 * z + 0.700383064443688;
    top = top * z + 6.37396220353165;
    top = top * z + 33.912866078383;
    top = top * z + 112.079291497871;
    top = top * z + 221.213596169931;
    top = top * z + 220.206867912376;
    let bottom = 8.83883476483184e-2 * z + 1.75566716318264;
    bottom = bottom * z + 16.064177579207;
    bottom = bottom * z + 86.7807322029461;
    bottom = bottom * z + 296.564248779674;
    bottom = bottom * z + 637.333633378831;
    bottom = bottom * z + 793.826512519948;
    bottom = bottom * z + 440.413735824752;
    tail = (e * top) / bottom;
  } else {
    tail = e / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / 2.506628274631;
  }
  return x > 0 ? 1 - tail : tail;
}

/**
 * Price of a call. By spot it is delta, by sigma vega, by rate rho.
 * @at { spot: 100, sigma: 0.2, rate: 0.05 }, 105, 0.5
 * @wrt market, years
 */
export function callPrice(market: Market, strike: number, years: number): number {
  const { spot, sigma, rate } = market;
  const deviation = sigma * Math.sqrt(years);
  const d1 = (Math.log(spot / strike) + (rate + (sigma * sigma) / 2) * years) / deviation;
  const d2 = d1 - deviation;
  return spot * normalCdf(d1) - strike * Math.exp(-rate * years) * normalCdf(d2);
}
