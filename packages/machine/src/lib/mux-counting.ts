import type { Stray } from "./dialect.ts"
import type { MuxOutput, MuxState } from "./mux-state.ts"

// What a mux counts and keeps of lines that belong to no open run. Nothing here changes a run.

/** Ids that are remembered after their end. */
const recentIds = 4096
const keptSamples = 8
const sampleLength = 512

/** Tells a line that comes late from one about an invented run. */
export function countLate<Owner>(state: MuxState<Owner>, id: string): void {
  if (state.runs.has(id) || state.recent.has(id)) state.counts.stale++
  else state.counts.unknown_id++
}

export function rememberId<Owner>(state: MuxState<Owner>, id: string): void {
  state.recent.add(id)
  if (state.recent.size > recentIds) forgetOldest(state.recent)
}

/** The first malformed lines stand in the traces of the runs that they may belong to. */
export function keepSample<Owner>(state: MuxState<Owner>, stray: Stray, out: Array<MuxOutput<Owner>>): void {
  if (state.keptSamples >= keptSamples) return
  state.keptSamples++
  const message = `${stray.kind} on ${stray.stream}: ${stray.sample.slice(0, sampleLength)}`
  const named = stray.id === undefined ? undefined : state.runs.get(stray.id)
  const hearers = named === undefined ? state.runs.values() : [named]
  for (const run of hearers) {
    if (!run.abandoned) out.push({ type: "diag", owner: run.owner, level: "warn", source: "host", message })
  }
}

function forgetOldest(ids: Set<string>): void {
  for (const id of ids) {
    ids.delete(id)
    return
  }
}
