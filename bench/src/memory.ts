import { measureInProcess } from "./measure-in-process.ts"
import type { ManyRunsOrder, ManyRunsResult, UnreadRunOrder, UnreadRunResult } from "./memory-order.ts"
import type { Options } from "./options.ts"
import { gatherFacts, type Goal, type Results } from "./results.ts"
import { spreadOf } from "./statistics.ts"
import { showSpread, type Table } from "./table.ts"

// What stays in memory: of many runs when they are over, and of one large run that nobody reads.

const manyRuns = new URL("./parents/ManyRuns.ts", import.meta.url)
const unreadRun = new URL("./parents/UnreadRun.ts", import.meta.url)

/** Bytes that a heap may have grown without a leak: code that was compiled late, tables that grew. */
const slack = 2_000_000
/** What a recorder holds of a run is its window of 1 MiB; text in memory may take twice its bytes. */
const held = 4_000_000
/** Memory is bounded when a run of twice the size takes no more of it, but for what the collector happens to leave. */
const growthOfTwice = 1.2

export async function benchMemory(options: Options): Promise<Results> {
  const facts = gatherFacts()
  const rounds = options.rounds ?? (options.smoke ? 1 : 3)
  const many: ManyRunsOrder = { runs: options.smoke ? 1_000 : 50_000 }
  const sizes: ReadonlyArray<UnreadRunOrder> = (options.smoke ? [5, 10] : [200, 400]).map((megabytes) => ({
    megabytes
  }))
  const runs: Array<ManyRunsResult> = []
  const pours = sizes.map((order) => ({ order, results: new Array<UnreadRunResult>() }))
  for (let round = 0; round < rounds; round++) {
    const how = { profile: options.profile, timeoutMs: 300_000, execArgv: ["--expose-gc"] }
    const carried = await measureInProcess<ManyRunsResult>(manyRuns, many, how)
    if (carried.ended !== 2 * many.runs) throw new Error(`${carried.ended} runs ended of ${2 * many.runs}`)
    runs.push(carried)
    for (const { order, results } of pours) results.push(await measureInProcess<UnreadRunResult>(unreadRun, order, how))
  }
  const tables = [runsTable(runs, many), pourTable(pours)]
  return { bench: "memory", facts, tables, goals: goalsOf(runs, pours), samples: { runs, pours } }
}

function runsTable(results: ReadonlyArray<ManyRunsResult>, { runs }: ManyRunsOrder): Table {
  return {
    title: `${2 * runs} runs through one runner, 64 at once: heap in use after a collection, in MB`,
    columns: ["after", "MB"],
    rows: [
      [`${runs} runs`, megabytes(results.map(({ before }) => before))],
      [`${2 * runs} runs`, megabytes(results.map(({ after }) => after))],
      ["difference", megabytes(results.map(({ before, after }) => after - before))]
    ]
  }
}

interface Pours {
  readonly order: UnreadRunOrder
  readonly results: ReadonlyArray<UnreadRunResult>
}

function pourTable(pours: ReadonlyArray<Pours>): Table {
  const row = (what: string, of: (result: UnreadRunResult) => number) => [
    what,
    ...pours.map(({ results }) => megabytes(results.map(of)))
  ]
  return {
    title:
      "One run in events of 1 KB, recorded, whose reader stopped reading: MB above the beginning, by the size of the run",
    columns: ["what", ...pours.map(({ order }) => `${order.megabytes} MB`)],
    rows: [
      row("most heap in use while it ran, garbage included", ({ mostHeap }) => mostHeap),
      row("most outside the heap", ({ mostOutsideHeap }) => mostOutsideHeap),
      row("most resident", ({ mostResident }) => mostResident),
      row("heap in use when it was over, after a collection", ({ heapAfter }) => heapAfter)
    ]
  }
}

function goalsOf(runs: ReadonlyArray<ManyRunsResult>, pours: ReadonlyArray<Pours>): ReadonlyArray<Goal> {
  const growth = spreadOf(runs.map(({ before, after }) => after - before)).median
  const resident = pours.map(({ results }) => spreadOf(results.map(({ mostResident }) => mostResident)).median)
  const ratio = (resident[1] ?? Number.NaN) / (resident[0] ?? Number.NaN)
  const kept = spreadOf(pours.flatMap(({ results }) => results.map(({ heapAfter }) => heapAfter))).max
  return [
    {
      goal: `the heap stays where it was, within ${slack / 1e6} MB`,
      measured: inMegabytes(growth),
      met: growth <= slack
    },
    {
      goal: `a run of twice the size takes at most ${growthOfTwice} times the memory when nobody reads it`,
      measured: ratio.toFixed(2),
      met: ratio <= growthOfTwice
    },
    { goal: `a run that nobody reads holds at most ${held / 1e6} MB`, measured: inMegabytes(kept), met: kept <= held }
  ]
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`
}

function megabytes(bytes: ReadonlyArray<number>): string {
  return showSpread(spreadOf(bytes.map((value) => value / 1e6)))
}
