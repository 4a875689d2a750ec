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
/** The window of a recorder, a flood of garbage before its collection, and what the allocator keeps. */
const bound = 64_000_000

export async function benchMemory(options: Options): Promise<Results> {
  const facts = gatherFacts()
  const rounds = options.rounds ?? (options.smoke ? 1 : 3)
  const many: ManyRunsOrder = { runs: options.smoke ? 1_000 : 50_000 }
  const unread: UnreadRunOrder = { megabytes: options.smoke ? 10 : 200 }
  const runs: Array<ManyRunsResult> = []
  const pours: Array<UnreadRunResult> = []
  for (let round = 0; round < rounds; round++) {
    const how = { profile: options.profile, timeoutMs: 300_000, execArgv: ["--expose-gc"] }
    const carried = await measureInProcess<ManyRunsResult>(manyRuns, many, how)
    if (carried.ended !== 2 * many.runs) throw new Error(`${carried.ended} runs ended of ${2 * many.runs}`)
    runs.push(carried)
    pours.push(await measureInProcess<UnreadRunResult>(unreadRun, unread, how))
  }
  const tables = [runsTable(runs, many), pourTable(pours, unread)]
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

function pourTable(results: ReadonlyArray<UnreadRunResult>, order: UnreadRunOrder): Table {
  return {
    title: `One run of ${order.megabytes} MB in events of 1 KB, recorded, whose reader stopped reading: MB above the beginning`,
    columns: ["what", "MB"],
    rows: [
      ["most heap in use while it ran, garbage included", megabytes(results.map(({ mostHeap }) => mostHeap))],
      ["most outside the heap", megabytes(results.map(({ mostOutsideHeap }) => mostOutsideHeap))],
      ["most resident", megabytes(results.map(({ mostResident }) => mostResident))],
      ["heap in use when it was over, after a collection", megabytes(results.map(({ heapAfter }) => heapAfter))]
    ]
  }
}

function goalsOf(runs: ReadonlyArray<ManyRunsResult>, pours: ReadonlyArray<UnreadRunResult>): ReadonlyArray<Goal> {
  const growth = spreadOf(runs.map(({ before, after }) => after - before))
  const resident = spreadOf(pours.map(({ mostResident }) => mostResident))
  return [
    {
      goal: `the heap stays where it was, within ${slack / 1e6} MB`,
      measured: `${(growth.median / 1e6).toFixed(2)} MB`,
      met: growth.median <= slack
    },
    {
      goal: `a run that nobody reads takes at most ${bound / 1e6} MB of memory`,
      measured: `${(resident.median / 1e6).toFixed(1)} MB`,
      met: resident.median <= bound
    }
  ]
}

function megabytes(bytes: ReadonlyArray<number>): string {
  return showSpread(spreadOf(bytes.map((value) => value / 1e6)))
}
