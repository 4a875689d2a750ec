/** Does the same thing again and again, one after the other, and tells how long each took; the first few do not count. */
export async function repeat(times: number, once: () => Promise<unknown>): Promise<ReadonlyArray<number>> {
  const took: Array<number> = []
  const warmUp = Math.ceil(times / 5)
  for (let time = 0; time < warmUp + times; time++) {
    const began = performance.now()
    await once()
    if (time >= warmUp) took.push(performance.now() - began)
  }
  return took
}
