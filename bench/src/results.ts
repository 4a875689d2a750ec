import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg, totalmem } from "node:os"
import { dirname, join } from "node:path"
import { type Table, showTable } from "./table.ts"

// Results are kept as JSON, and their tables stand in README.md between two markers.

/** Where a bench ran. Nothing that names a computer or a person. */
export interface Facts {
  readonly date: string
  readonly commit: string
  readonly node: string
  readonly platform: string
  readonly cores: number
  readonly processor: string
  readonly memoryGib: number
  /** Load of the last minute when the bench began: above the number of cores others were at work too. */
  readonly load: number
}

export interface Results {
  readonly bench: string
  readonly facts: Facts
  readonly tables: ReadonlyArray<Table>
  /** Every goal with its measured value. */
  readonly goals: ReadonlyArray<Goal>
  /** Every single measurement, so that another question can be asked later. */
  readonly samples: unknown
}

export interface Goal {
  readonly goal: string
  readonly measured: string
  readonly met: boolean
}

const folder = join(import.meta.dirname, "..")

export function gatherFacts(): Facts {
  return {
    date: new Date().toISOString(),
    commit: commitOf(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    processor: cpus()[0]?.model ?? "unknown",
    memoryGib: Math.round(totalmem() / 2 ** 30),
    load: Number((loadavg()[0] ?? 0).toFixed(1))
  }
}

export function printResults(results: Results): void {
  console.log(`\n${showFacts(results.facts)}\n`)
  for (const table of results.tables) console.log(`${showTable(table)}\n`)
  for (const { goal, measured, met } of results.goals)
    console.log(`${met ? "met    " : "NOT MET"} ${goal}: ${measured}`)
}

export function keepResults(results: Results, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(results, undefined, 1)}\n`)
}

/** The path of a bench's committed results. */
export function committedPath(bench: string): string {
  return join(folder, "results", `${bench}.json`)
}

/** Puts the tables between the bench's markers in README.md. */
export function writeReadme(results: Results): void {
  const path = join(folder, "README.md")
  const text = readFileSync(path, "utf8")
  const [begin, end] = [`<!-- ${results.bench}: begin -->`, `<!-- ${results.bench}: end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no markers ${begin} and ${end}`)
  const goals = results.goals.map(
    ({ goal, measured, met }) => `- ${met ? "Met" : "**Not met**"}: ${goal}: ${measured}.`
  )
  const body = [showFacts(results.facts), ...results.tables.map(showTable), goals.join("\n")].join("\n\n")
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${body}\n\n${text.slice(to)}`)
}

function showFacts(facts: Facts): string {
  const machine = `${facts.cores} cores (${facts.processor}), ${facts.memoryGib} GiB`
  return `${facts.date.slice(0, 10)}, commit ${facts.commit}, Node ${facts.node}, ${facts.platform}, ${machine}, load ${facts.load} at the start.`
}

function commitOf(): string {
  try {
    const git = (...args: ReadonlyArray<string>) =>
      execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
    const commit = git("rev-parse", "--short=12", "HEAD")
    const changed = git("status", "--porcelain", "--", "../packages/*/src", "src")
    return changed === "" ? commit : `${commit} with changes`
  } catch {
    return "unknown"
  }
}
