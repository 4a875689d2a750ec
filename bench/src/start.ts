import { measureInProcess } from "./measure-in-process.ts"
import type { Options } from "./options.ts"
import { gatherFacts, type Goal, type Results } from "./results.ts"
import type { FirstEventWay, StartResult } from "./start-order.ts"
import { quantile, type Spread, spreadOf } from "./statistics.ts"
import { showSpread, type Table } from "./table.ts"

// How soon a run begins: request to first event, warm and with a program for each run; and what the kernel adds to a spawn.

interface Way {
  readonly name: string
  readonly program: URL
  readonly way: FirstEventWay | "kernel" | "by-hand"
  /** How often it is done in one measurement when one is asked for at a time. */
  readonly times: number
}

interface Sample {
  readonly name: string
  readonly atOnce: number
  readonly round: number
  /** The middle one of the times in milliseconds. */
  readonly ms: number
  readonly goneMs?: number
}

const parent = (file: string) => new URL(`./parents/${file}.ts`, import.meta.url)
const byHand = parent("first-event-by-hand")

const raw: Way = { name: "warm child by hand", program: byHand, way: "raw", times: 500 }
const warm: Way = { name: "warm runner of Signalbox", program: parent("FirstEvent"), way: "supervisor", times: 500 }
const firstEvents: ReadonlyArray<Way> = [
  raw,
  warm,
  { name: "sh for each run", program: byHand, way: "sh", times: 40 },
  { name: "python3 for each run", program: byHand, way: "python3", times: 15 },
  { name: "node for each run", program: byHand, way: "node", times: 10 }
]
const spawnByHand: Way = { name: "sh spawned by hand", program: parent("spawn-by-hand"), way: "by-hand", times: 60 }
const spawnByKernel: Way = {
  name: "sh spawned by the kernel",
  program: parent("KernelSpawn"),
  way: "kernel",
  times: 60
}
const ways = [...firstEvents, spawnByHand, spawnByKernel]
const crowds = [1, 16]

const warmGoal = 3
const spawnGoal = 1.2

export async function benchStart(options: Options): Promise<Results> {
  const facts = gatherFacts()
  const rounds = options.rounds ?? (options.smoke ? 1 : 5)
  const wanted = ways.filter(({ name }) => options.only === undefined || name.includes(options.only))
  const samples: Array<Sample> = []
  for (let round = 0; round < rounds; round++) {
    for (const atOnce of crowds) {
      for (const { name, program, way, times } of wanted) {
        const often = options.smoke ? 2 : Math.max(3, Math.round(times / Math.sqrt(atOnce)))
        const order = { way, atOnce, times: often }
        const result = await measureInProcess<StartResult>(program, order, { ...options, timeoutMs: 60_000 })
        if (result.ms.length !== often) throw new Error(`${name} answered ${result.ms.length} times of ${often}`)
        const gone = result.goneMs === undefined ? {} : { goneMs: middle(result.goneMs) }
        samples.push({ name, atOnce, round, ms: middle(result.ms), ...gone })
      }
    }
  }
  return { bench: "start", facts, tables: tablesOf(samples), goals: goalsOf(samples), samples }
}

function tablesOf(samples: ReadonlyArray<Sample>): ReadonlyArray<Table> {
  const rowOf = (name: string, base: string) => [
    name,
    ...crowds.flatMap((atOnce) => [show(spread(samples, name, atOnce)), show(ratio(samples, { name, base, atOnce }))])
  ]
  const gone = [
    "the same, until nothing of it is left",
    ...crowds.flatMap((atOnce) => [show(goneOf(samples, atOnce)), ""])
  ]
  return [
    {
      title: "Request to first event, in ms; with 16 at once until the last of them",
      columns: ["way", "one", "to by hand", "16 at once", "to by hand"],
      rows: firstEvents.map(({ name }) => rowOf(name, raw.name))
    },
    {
      title:
        "Spawning `sh -c :` until its exit is known and its pipes are closed, in ms; with 16 at once until the last",
      columns: ["way", "one", "to by hand", "16 at once", "to by hand"],
      rows: [...[spawnByHand, spawnByKernel].map(({ name }) => rowOf(name, spawnByHand.name)), gone]
    }
  ]
}

function goalsOf(samples: ReadonlyArray<Sample>): ReadonlyArray<Goal> {
  return crowds.flatMap((atOnce) => [
    ...goalOf(
      `first event of a warm runner, ${atOnce} at once`,
      warmGoal,
      ratio(samples, { name: warm.name, base: raw.name, atOnce })
    ),
    ...goalOf(
      `spawn by the kernel, ${atOnce} at once`,
      spawnGoal,
      ratio(samples, { name: spawnByKernel.name, base: spawnByHand.name, atOnce })
    )
  ])
}

function goalOf(what: string, most: number, found: Spread | undefined): ReadonlyArray<Goal> {
  if (found === undefined) return []
  return [{ goal: `${what}: at most ${most} times by hand`, measured: showSpread(found), met: found.median <= most }]
}

function spread(samples: ReadonlyArray<Sample>, name: string, atOnce: number): Spread | undefined {
  const found = samples.filter((sample) => sample.name === name && sample.atOnce === atOnce)
  return found.length === 0 ? undefined : spreadOf(found.map((sample) => sample.ms))
}

function goneOf(samples: ReadonlyArray<Sample>, atOnce: number): Spread | undefined {
  const found = samples.flatMap((sample) =>
    sample.atOnce === atOnce && sample.goneMs !== undefined ? [sample.goneMs] : []
  )
  return found.length === 0 ? undefined : spreadOf(found)
}

/** Round by round, so that what slows a whole round down does not count. */
function ratio(
  samples: ReadonlyArray<Sample>,
  which: { readonly name: string; readonly base: string; readonly atOnce: number }
): Spread | undefined {
  const of = (name: string) => samples.filter((sample) => sample.name === name && sample.atOnce === which.atOnce)
  const bases = of(which.base)
  const found = of(which.name).flatMap((sample) => {
    const base = bases.find((one) => one.round === sample.round)
    return base === undefined ? [] : [sample.ms / base.ms]
  })
  return found.length === 0 ? undefined : spreadOf(found)
}

function middle(ms: ReadonlyArray<number>): number {
  return quantile(
    ms.toSorted((one, other) => one - other),
    0.5
  )
}

function show(found: Spread | undefined): string {
  return found === undefined ? "" : showSpread(found)
}
