/** A clock for machines under test: it stands still until it is moved. */
export function fakeClock(start = 1_000_000) {
  let now = start
  return {
    now: () => now,
    advance: (ms: number) => {
      now += ms
      return now
    }
  }
}
