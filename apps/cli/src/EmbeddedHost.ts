import { randomBytes } from "node:crypto"
import { tmpdir } from "node:os"
import type { Agents } from "@signalbox/agents"
import { Host, type HostError, type HostRun } from "@signalbox/host"
import type { EndedBody } from "@signalbox/protocol"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { CliFault } from "./cli-fault.ts"
import type { Settings } from "./settings.ts"
import { launchContext } from "./surroundings.ts"
import { say } from "./terminal.ts"

// The host of one command: opened, visited, closed. The only file here where Effect and the rest meet.

export interface HostVisit {
  readonly run: (request: unknown) => Promise<Accepted>
  /** Ends the processes without waiting for their runs; each urgent one skips a grace. */
  readonly kill: (urgent: boolean) => void
}

export type Accepted = { readonly ok: true; readonly run: LiveRun } | { readonly ok: false; readonly error: HostError }

/** One accepted run, for code without Effect. */
export interface LiveRun extends Pick<HostRun, "runId" | "batches" | "cancel" | "answer"> {
  readonly ended: Promise<EndedBody>
}

/** Opens a host, lets `visit` work with it, and closes it: when this resolves, nothing of it is left running. */
export function visitHost<Result>(
  { settings, agents }: { readonly settings: Settings; readonly agents: Agents },
  visit: (host: HostVisit) => Promise<Result>
): Promise<Result> {
  const host = Host.layer({
    config: settings.host,
    agents,
    launch: launchContext(process.env, settings.agents),
    environment: process.env,
    temporaryFolder: tmpdir(),
    random: (count) => randomBytes(count)
  })
  const visiting = Effect.gen(function* () {
    const service = yield* Host
    const run = (request: unknown): Promise<Accepted> =>
      Effect.runPromise(
        Effect.match(service.run(request), {
          onSuccess: (run): Accepted => ({ ok: true, run: { ...run, ended: Effect.runPromise(run.ended) } }),
          onFailure: (error): Accepted => ({ ok: false, error })
        })
      )
    return yield* Effect.promise(() => visit({ run, kill: service.kill }))
  })
  return Effect.runPromise(
    visiting.pipe(
      Effect.provide(host),
      Effect.catchTag("JournalFailed", ({ message, remedy }) =>
        Effect.promise(() => Promise.reject(new CliFault({ message, remedy, exit: 1 })))
      ),
      Effect.catchTag("TemporaryFolderFailed", ({ message, remedy }) =>
        Effect.promise(() => Promise.reject(new CliFault({ message, remedy, exit: 1 })))
      ),
      Effect.provide(notesToStderr)
    )
  )
}

/** What the house logs is a note for people: never on stdout, which may hold records. */
export const notesToStderr = Logger.layer([
  Logger.make(({ message }) => say(`signalbox: ${Array.isArray(message) ? message.join(" ") : String(message)}`))
])
