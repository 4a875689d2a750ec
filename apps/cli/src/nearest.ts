// "Did you mean": the known word that takes the fewest changes.

/** The nearest of the words, or undefined when none is near enough to be meant. */
export function nearest(word: string, words: ReadonlyArray<string>): string | undefined {
  const ranked = words.map((known) => ({ known, steps: distance(word, known) })).sort((a, b) => a.steps - b.steps)
  const best = ranked[0]
  if (best === undefined) return undefined
  return best.steps <= Math.max(1, Math.floor(Math.max(word.length, best.known.length) / 3)) ? best.known : undefined
}

/** Letters that must be put in, taken out, changed, or swapped with their neighbour. */
function distance(one: string, other: string): number {
  let before: Array<number> = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let steps = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1)
      )
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      if (swapped) steps = Math.min(steps, (before[j - 2] as number) + 1)
      row.push(steps)
    }
    before = last
    last = row
  }
  return last[other.length] as number
}
