import { parseArgs } from "node:util"

// What the person asked for.

export const benches = ["mux", "start", "memory"] as const
export type Bench = (typeof benches)[number]

export interface Options {
  readonly bench: Bench
  /** Tiny rounds that only prove that everything runs and that every event arrives. */
  readonly smoke: boolean
  readonly rounds: number | undefined
  /** Where the results are kept besides being printed. */
  readonly json: string | undefined
  /** Bring the table in README.md up to date and keep the results in `results`. */
  readonly write: boolean
  /** Only the cells whose name contains this text. */
  readonly only: string | undefined
  /** A folder for one CPU profile of each measuring process. */
  readonly profile: string | undefined
}

const usage = `Usage: node bench/src/main.ts ${benches.join("|")} [--smoke] [--rounds N] [--json FILE] [--write] [--only TEXT] [--profile FOLDER]`

/** Reads the command line. What cannot be understood is answered with the usage. */
export function readOptions(
  words: ReadonlyArray<string>
): { readonly ok: true; readonly value: Options } | { readonly ok: false; readonly message: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        smoke: { type: "boolean", default: false },
        rounds: { type: "string" },
        json: { type: "string" },
        write: { type: "boolean", default: false },
        only: { type: "string" },
        profile: { type: "string" }
      }
    })
    const { smoke, json, write, only, profile } = values
    const bench = benches.find((name) => name === positionals[0])
    if (bench === undefined || positionals.length !== 1) return refused("Name one bench.")
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
    if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0))
      return refused("--rounds takes a whole number above 0.")
    if (write && (smoke || only !== undefined))
      return refused("--write takes a full run: leave --smoke and --only out.")
    return { ok: true, value: { bench, smoke, rounds, json, write, only, profile } }
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error))
  }
}

function refused(why: string) {
  return { ok: false, message: `${why}\n${usage}` } as const
}
