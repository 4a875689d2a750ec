import { randomBytes } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { codexAgent, makeAgents } from "@signalbox/agents"
import { Host, type HostRun, type HostView } from "@signalbox/host"
import type { EndedBody, RunEvent, TraceRecord } from "@signalbox/protocol"
import { decodeHostConfig } from "@signalbox/protocol/config"
import { pidsWithCookie, until } from "@signalbox/proof"
import { type CodexHome, openCodexHome } from "@signalbox/proof/codex"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"

// A host with the real Codex in its private home, used as an embedder uses it: requests in, records out.

/** One accepted run and what a live reader has heard of it. */
export interface HeardRun {
  readonly run: HostRun
  readonly records: ReadonlyArray<TraceRecord>
  readonly events: () => ReadonlyArray<RunEvent>
  /** The terminal record, once the reader has reached the end of the trace. */
  readonly end: () => Promise<EndedBody>
}

export interface CodexHost {
  readonly home: CodexHome
  readonly start: (prompt: string, more?: Readonly<Record<string, unknown>>) => Promise<HeardRun>
  readonly view: () => HostView
  /** The `codex app-server` processes that live now. */
  readonly servers: () => ReadonlyArray<number>
  /** Every process whose environment holds the home's folder or the host's cookie: Codex, its shells and their children. */
  readonly pids: () => ReadonlyArray<number>
  /** The processes that were given the host's token as an argument. */
  readonly watchdogs: () => ReadonlyArray<number>
  /** Closes the layer. Twice is once. */
  readonly closeHost: () => Promise<void>
}

/** Opens a home and a host in it, whose Codex carries so many runs at once. The caller closes the host, then the home. */
export async function openCodexHost(permits: number): Promise<CodexHost> {
  const home = await openCodexHome()
  const config = decodeHostConfig({ data_folder: join(home.root, "data") })
  if (!config.ok) throw new Error(config.problems.join("\n"))
  const secret = randomBytes(16)
  const token = secret.toString("hex")
  const runtime = ManagedRuntime.make(
    Host.layer({
      config: config.value,
      agents: makeAgents([{ ...codexAgent, permits }]),
      launch: home.launch,
      environment: home.environment,
      temporaryFolder: home.temporary,
      random: (count) => (count === secret.length ? secret : randomBytes(count))
    })
  )
  const host = await runtime.runPromise(Effect.service(Host))
  const pids = () => [...new Set([home.root, token].flatMap(pidsWithCookie))]
  return {
    home,
    start: async (prompt, more) => {
      const run = await runtime.runPromise(host.run({ agent: "codex", prompt, cwd: home.work, ...more }))
      return hear(run)
    },
    view: host.view,
    servers: () => pids().filter(isServer),
    pids,
    watchdogs: () => allPids().filter((pid) => argumentsOf(pid).includes(token)),
    closeHost: runtime.dispose
  }
}

/** Reads a run from its first record on, live. */
function hear(run: HostRun): HeardRun {
  const records: Array<TraceRecord> = []
  const reading = (async () => {
    for await (const lines of run.batches()) for (const line of lines) records.push(JSON.parse(line.text))
  })()
  return {
    run,
    records,
    events: () => records.flatMap(({ record }) => (record.type === "event" ? [record.event] : [])),
    end: async () => {
      await until(`the end of ${run.runId}`, () => records.at(-1)?.record.type === "ended", 30_000)
      await reading
      return records.at(-1)?.record as EndedBody
    }
  }
}

/** The program itself, not the sandbox helpers that it starts from the same file. */
function isServer(pid: number): boolean {
  return argumentsOf(pid)[1] === "app-server"
}

function allPids(): ReadonlyArray<number> {
  return readdirSync("/proc").map(Number).filter(Number.isInteger)
}

export function argumentsOf(pid: number): ReadonlyArray<string> {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
  } catch {
    return []
  }
}
