import type { MuxOrder, MuxResult } from "./flood-order.ts"
import { measureInProcess } from "./measure-in-process.ts"
import {
  type Cell,
  cells,
  floodOrder,
  fullSize,
  limit,
  ours,
  pacedCells,
  pacedOrder,
  pacedVariants,
  type Size,
  smokeSize,
  type Variant,
  variants
} from "./mux-cells.ts"
import type { Options } from "./options.ts"
import { gatherFacts, type Goal, type Results } from "./results.ts"
import { type Spread, spreadOf } from "./statistics.ts"
import { showSpread, type Table } from "./table.ts"

// One child, many runs: events per second, processor time per event and latency, each beside the limit of its own round.

interface Sample {
  readonly kind: "flood" | "paced"
  readonly cell: string
  readonly variant: string
  readonly round: number
  readonly result: MuxResult
}

const ratioGoal = 0.9
const latencyGoal = 1.5

export async function benchMux(options: Options): Promise<Results> {
  const facts = gatherFacts()
  const size = { ...(options.smoke ? smokeSize : fullSize) }
  const rounds = options.rounds ?? size.rounds
  const wanted = (cell: Cell) => options.only === undefined || cell.name.includes(options.only)
  const samples: Array<Sample> = []
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells.filter(wanted)) {
      for (const variant of turned(smaller(variants, options, cell), round)) {
        const result = await measure(variant, floodOrder(cell, variant, size), options)
        samples.push({ kind: "flood", cell: cell.name, variant: variant.name, round, result })
      }
      progress(round, rounds, cell)
    }
    for (const cell of pacedCells.filter(wanted)) {
      for (const variant of turned(smaller(pacedVariants, options, cell), round)) {
        const result = await measure(variant, pacedOrder(cell, variant, size), options)
        samples.push({ kind: "paced", cell: cell.name, variant: variant.name, round, result })
      }
    }
  }
  return { bench: "mux", facts, tables: tablesOf(samples, size), goals: goalsOf(samples), samples }
}

/** The order changes from round to round, so that no variant always comes after the same other one. */
function turned<Item>(items: ReadonlyArray<Item>, round: number): ReadonlyArray<Item> {
  const at = round % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

/** A smoke runs every variant, but not in every cell. */
function smaller(all: ReadonlyArray<Variant>, options: Options, cell: Cell): ReadonlyArray<Variant> {
  return options.smoke && cell.runs !== 16 ? all.filter((variant) => variant === ours) : all
}

function measure(variant: Variant, order: MuxOrder, { profile }: Options): Promise<MuxResult> {
  return measureInProcess<MuxResult>(variant.program, order, { profile, timeoutMs: 120_000 })
}

function progress(round: number, rounds: number, cell: Cell): void {
  if (process.stderr.isTTY) console.error(`round ${round + 1} of ${rounds}: ${cell.name}`)
}

function tablesOf(samples: ReadonlyArray<Sample>, size: Size): ReadonlyArray<Table> {
  const flooded = samples.filter((sample) => sample.kind === "flood")
  const paced = samples.filter((sample) => sample.kind === "paced")
  const throughput = {
    title: "Throughput: events per second of wall time beside the limit of the same round (1 = the limit)",
    columns: ["runs x line", "limit, k events/s", ...others(flooded)],
    rows: cellsOf(flooded).map((cell) => [
      cell,
      showLimit(
        valuesOf(flooded, cell, limit.name, (result) => result.events / result.wallMs),
        0
      ),
      ...others(flooded).map((name) =>
        showRatio(ratios(flooded, cell, name, (result) => result.events / result.wallMs))
      )
    ])
  }
  const processor = {
    title: "Processor time: events per second of it beside the limit of the same round (1 = the limit)",
    columns: ["runs x line", "limit, µs/event", ...others(flooded)],
    rows: cellsOf(flooded).map((cell) => [
      cell,
      showLimit(
        valuesOf(flooded, cell, limit.name, (result) => (result.cpuMs / result.events) * 1000),
        2
      ),
      ...others(flooded).map((name) => showRatio(ratios(flooded, cell, name, (result) => result.events / result.cpuMs)))
    ])
  }
  const latency = {
    title: `Latency at ${size.perSecond} events a second: p99 in ms, in brackets the least and the most of the rounds`,
    columns: ["runs x line", limit.name, ...others(paced)],
    rows: cellsOf(paced).map((cell) => [
      cell,
      ...[limit.name, ...others(paced)].map((name) => showRatio(latencies(paced, cell, name)))
    ])
  }
  return [throughput, processor, latency]
}

function goalsOf(samples: ReadonlyArray<Sample>): ReadonlyArray<Goal> {
  const flooded = samples.filter((sample) => sample.kind === "flood")
  const paced = samples.filter((sample) => sample.kind === "paced")
  const throughput = cellsOf(flooded).flatMap((cell) => {
    const spread = ratios(flooded, cell, ours.name, (result) => result.events / result.wallMs)
    if (spread === undefined) return []
    return [
      {
        goal: `${cell}: at least ${ratioGoal} of the limit`,
        measured: showSpread(spread),
        met: spread.median >= ratioGoal
      }
    ]
  })
  const latency = cellsOf(paced).flatMap((cell) => {
    const spread = ratios(paced, cell, ours.name, (result) => result.p99 ?? Number.NaN)
    if (spread === undefined) return []
    const met = spread.median <= latencyGoal
    return [{ goal: `${cell}: p99 at most ${latencyGoal} of the limit's`, measured: showSpread(spread), met }]
  })
  return [...throughput, ...latency]
}

function cellsOf(samples: ReadonlyArray<Sample>): ReadonlyArray<string> {
  return [...new Set(samples.map((sample) => sample.cell))]
}

/** The variants beside the limit, in their own order. */
function others(samples: ReadonlyArray<Sample>): ReadonlyArray<string> {
  const names = new Set(samples.map((sample) => sample.variant))
  return variants.map((variant) => variant.name).filter((name) => name !== limit.name && names.has(name))
}

function valuesOf(
  samples: ReadonlyArray<Sample>,
  cell: string,
  variant: string,
  value: (result: MuxResult) => number
): ReadonlyArray<number> {
  return samples.flatMap((sample) => (sample.cell === cell && sample.variant === variant ? [value(sample.result)] : []))
}

function latencies(samples: ReadonlyArray<Sample>, cell: string, variant: string): Spread | undefined {
  const values = valuesOf(samples, cell, variant, (result) => result.p99 ?? Number.NaN)
  return values.length === 0 ? undefined : spreadOf(values)
}

/** A variant's value divided by the limit's, round by round. Undefined where one of the two was not measured. */
function ratios(
  samples: ReadonlyArray<Sample>,
  cell: string,
  variant: string,
  value: (result: MuxResult) => number
): Spread | undefined {
  const limits = valuesOf(samples, cell, limit.name, value)
  const values = valuesOf(samples, cell, variant, value)
  const found = values.flatMap((one, at) => (limits[at] === undefined ? [] : [one / limits[at]]))
  return found.length === 0 ? undefined : spreadOf(found)
}

function showLimit(values: ReadonlyArray<number>, digits: number): string {
  return values.length === 0 ? "" : showSpread(spreadOf(values), digits)
}

function showRatio(spread: Spread | undefined): string {
  return spread === undefined ? "" : showSpread(spread)
}
