/** Waits for a fact that the outside world brings about. Fails, saying which fact, when it does not come in time. */
export async function until(fact: string, holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${fact}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
