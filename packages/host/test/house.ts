import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { type Agent, makeAgents, stdioAgent } from "@signalbox/agents"
import type { TraceRecord } from "@signalbox/protocol"
import { HostConfig } from "@signalbox/protocol/config"
import { pidsWithCookie, temporaryFolder, until } from "@signalbox/proof"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Host, type HostOptions, type HostRun } from "../src/index.ts"

// A host with a scripted runner and a data folder of its own, and the assertion that nothing of it is left.

export interface HouseOptions {
  readonly runner?: ReadonlyArray<string>
  readonly agents?: ReadonlyArray<Agent>
  /** Settings of the host; the data folder is a temporary one when none is given. */
  readonly config?: Omit<Partial<ReturnType<typeof HostConfig.parse>>, "runner" | "restart"> & {
    readonly runner?: Readonly<Record<string, unknown>>
    readonly restart?: Readonly<Record<string, unknown>>
  }
  readonly watchdog?: boolean
}

export interface House {
  readonly host: Host["Service"]
  readonly folder: string
  /** Starts a run of the scripted runner. */
  readonly start: (prompt: string, more?: Readonly<Record<string, unknown>>) => Effect.Effect<HostRun>
}

/** Builds, does, closes; then no process that carries the host's token may be alive. */
export const inHost = <A, E>(
  options: HouseOptions,
  body: (house: House) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const folder = options.config?.data_folder ?? temporaryFolder()
    const secret = randomBytes(16)
    const result = yield* Effect.scoped(
      Effect.gen(function* () {
        const host = yield* Host
        const start: House["start"] = (prompt, more) => Effect.orDie(host.run({ agent: "scripted", prompt, ...more }))
        return yield* body({ host, folder, start })
      })
    ).pipe(Effect.provide(Layer.orDie(Host.layer(hostOptions(options, { folder, secret })))))
    assert.deepStrictEqual(pidsWithCookie(secret.toString("hex")), [], "processes are left")
    return result
  })

function hostOptions(options: HouseOptions, parts: { readonly folder: string; readonly secret: Buffer }): HostOptions {
  const { folder, secret } = parts
  let tokens = 0
  return {
    config: HostConfig.parse({ ...options.config, data_folder: folder }),
    agents: makeAgents(options.agents ?? [scripted(options.runner)]),
    launch: { nodePath: process.execPath, playbookEntry: undefined, find: () => undefined, settings: {} },
    environment: process.env,
    temporaryFolder: tmpdir(),
    random: (count) => (count === secret.length && tokens++ === 0 ? secret : randomBytes(count)),
    watchdog: options.watchdog ?? false
  }
}

export const scripted = (options: ReadonlyArray<string> = []): Agent =>
  stdioAgent({ ...scriptedRunnerCommand(options), name: "scripted" })

/** All records of a run, live to its end. */
export const recordsOf = (run: HostRun, after = 0): Effect.Effect<ReadonlyArray<TraceRecord>> =>
  run.follow({ after }).pipe(
    Stream.map((line) => JSON.parse(line.text) as TraceRecord),
    Stream.runCollect,
    Effect.orDie
  )

/** The records in the file, as they are now. */
export function recordsIn(folder: string, runId: string): ReadonlyArray<TraceRecord> {
  const lines = readFileSync(join(folder, "runs", `${runId}.ndjson`), "utf8").split("\n")
  return lines.slice(0, -1).map((line) => JSON.parse(line) as TraceRecord)
}

export function tracesIn(folder: string): ReadonlyArray<string> {
  return readdirSync(join(folder, "runs"))
}

/** What happened, one word a record: "started", "state running", "event x", "ended completed". */
export function wordsOf(records: ReadonlyArray<TraceRecord>): ReadonlyArray<string> {
  return records.map(({ record }) => {
    if (record.type === "state") return `state ${record.state}`
    if (record.type === "event") return `event ${record.event.type}`
    if (record.type === "diag") return `diag ${record.source}`
    return record.type === "ended" ? `ended ${record.outcome} ${record.error?.code ?? ""}`.trimEnd() : record.type
  })
}

/** The invariants of every trace: seq 1, 2, 3 ..., `started` first, one `ended`, last, and the status says the same. */
export function assertWhole(records: ReadonlyArray<TraceRecord>): void {
  assert.deepStrictEqual(
    records.map((record) => record.seq),
    records.map((_, index) => index + 1)
  )
  assert.strictEqual(records[0]?.record.type, "started")
  const ends = records.filter(({ record }) => record.type === "ended")
  assert.lengthOf(ends, 1)
  assert.strictEqual(records.at(-1), ends[0])
  for (const record of records.slice(0, -1)) assert.strictEqual(record.status, "in_progress")
}

/** Waits until a live reader has seen a record that is wanted. */
export const seen = (run: HostRun, word: string): Effect.Effect<void> =>
  run.follow().pipe(
    Stream.map((line) => wordsOf([JSON.parse(line.text) as TraceRecord])[0]),
    Stream.takeUntil((found) => found === word),
    Stream.runDrain,
    Effect.orDie
  )

export const fact = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.promise(() => until(what, holds, 20_000))
