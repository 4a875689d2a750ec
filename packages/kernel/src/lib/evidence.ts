// The last plain text that a process wrote on stderr: the usual place for the cause of a crash.

/** Bounded in characters; the oldest lines go first. Owned by one process. */
export interface EvidenceRing {
  readonly limit: number
  lines: Array<string>
  held: number
  first: number
}

export const makeEvidenceRing = (limit: number): EvidenceRing => ({ limit, lines: [], held: 0, first: 0 })

export function keepLine(ring: EvidenceRing, line: string): void {
  const kept = line.length > ring.limit ? line.slice(line.length - ring.limit) : line
  ring.lines.push(kept)
  ring.held += kept.length + 1
  while (ring.held > ring.limit + 1) ring.held -= (ring.lines[ring.first++] as string).length + 1
  // Dropped lines are cut off in one go, so that a flood costs no more per line than a trickle.
  if (ring.first > 1024 && ring.first * 2 > ring.lines.length) {
    ring.lines = ring.lines.slice(ring.first)
    ring.first = 0
  }
}

export function evidenceText(ring: EvidenceRing): string {
  return ring.lines.slice(ring.first).join("\n")
}
