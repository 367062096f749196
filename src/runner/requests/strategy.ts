/** What a strategy is called. */

/** A strategy with the number of its products, where a colouring puts several columns into each. */
export function colored(strategy: string, colors: number | undefined): string {
  return colors === undefined ? strategy : `${strategy}, ${colors} colour${colors === 1 ? '' : 's'}`;
}
