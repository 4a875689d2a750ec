import { randomUUID } from "node:crypto"
import { tmpdir } from "node:os"
import { assert } from "@effect/vitest"
import { stdioAgent } from "@signalbox/agents"
import { pidsWithCookie, until } from "@signalbox/proof"
import type { Ending } from "@signalbox/machine"
import type { RunEvent } from "@signalbox/protocol"
import { RestartConfig, RunnerConfig } from "@signalbox/protocol/config"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import {
  type KernelError,
  makeOneShot,
  makeSupervisor,
  Processes,
  type RunAsk,
  type RunnableAgent,
  type Supervisor,
  type TemporaryFolderFailed
} from "../src/index.ts"
import { endOf, eventOf, type Heard, listen } from "./heard.ts"

// A supervisor (or one-shot desk) over real scripted runners, and the assertion that nothing of them is left.

export interface HouseOptions {
  /** Options of the scripted runner. */
  readonly runner?: ReadonlyArray<string>
  readonly agent?: RunnableAgent
  readonly config?: Partial<RunnerConfig>
  readonly restart?: Partial<RestartConfig>
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly watchdog?: boolean
}

export interface House {
  readonly supervisor: Supervisor
  readonly token: string
  readonly watchdogPid: () => number | undefined
  /** Asks for a run; the answer comes when it is handed over. */
  readonly open: (id: string, prompt: string, more?: Partial<RunAsk>) => Effect.Effect<Heard, KernelError>
  /** Asks and does not wait for the permit. `Heard.run` says whether it was handed over. */
  readonly ask: (id: string, prompt: string, more?: Partial<RunAsk>) => Effect.Effect<Asked>
  /** A run from its beginning to its end. */
  readonly run: (id: string, prompt: string) => Effect.Effect<Heard, KernelError>
}

export interface Asked {
  readonly heard: Heard
  readonly fiber: Fiber.Fiber<unknown, KernelError>
}

/** Builds, does, closes; then nothing that carries the house's token may be alive. */
export const inHouse = <A, E>(
  options: HouseOptions,
  body: (house: House) => Effect.Effect<A, E, Scope.Scope | Processes>
): Effect.Effect<A, E | TemporaryFolderFailed> =>
  Effect.gen(function* () {
    const token = `test-${randomUUID()}`
    const result = yield* Effect.scoped(
      Effect.gen(function* () {
        const processes = yield* Processes
        const supervisor = yield* makeDesk(options)
        return yield* body(houseOf(supervisor, { token, watchdogPid: processes.watchdogPid }))
      })
    ).pipe(Effect.provide(processesOf(options, token)))
    assert.deepStrictEqual(pidsWithCookie(token), [], "processes are left")
    return result
  })

function processesOf(options: HouseOptions, token: string): Layer.Layer<Processes, TemporaryFolderFailed> {
  return Processes.layer({
    environment: options.environment ?? process.env,
    temporaryFolder: tmpdir(),
    token,
    watchdog: options.watchdog ?? false
  })
}

function makeDesk(options: HouseOptions): Effect.Effect<Supervisor, never, Scope.Scope | Processes> {
  const agent = options.agent ?? scripted(options.runner)
  const config = runnerConfig(options.config)
  if (agent.lifetime === "once") return makeOneShot({ agent, config })
  return makeSupervisor({ agent, runner: config, restart: RestartConfig.parse(options.restart ?? {}) })
}

export const runnerConfig = (config: Partial<RunnerConfig> = {}): RunnerConfig => RunnerConfig.parse(config)

/** The scripted runner as an agent. */
export function scripted(options: ReadonlyArray<string> = []): RunnableAgent {
  return commanded(scriptedRunnerCommand(options))
}

/** Any program that speaks the stdio wire; a function is asked before each start. */
export function commanded(command: StdioCommand | (() => StdioCommand)): RunnableAgent {
  const current = typeof command === "function" ? command : () => command
  const { file, profile } = current()
  const { name, lifetime, dialect } = stdioAgent({ file, ...(profile === undefined ? {} : { profile }) })
  return { name, lifetime, dialect, launch: () => ({ ok: true, command: { args: [], ...current() } }) }
}

export interface StdioCommand {
  readonly file: string
  readonly args?: ReadonlyArray<string>
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly profile?: "s0"
}

function houseOf(supervisor: Supervisor, parts: Pick<House, "token" | "watchdogPid">): House {
  const order = (id: string, prompt: string, more: Partial<RunAsk> = {}) => {
    const heard = listen(id)
    const granted: RunAsk["granted"] = (run) => {
      heard.run = run
      more.granted?.(run)
    }
    return { heard, opening: supervisor.open({ id, params: { prompt }, sink: heard.sink, ...more, granted }) }
  }
  const open: House["open"] = (id, prompt, more) =>
    Effect.suspend(() => {
      const { heard, opening } = order(id, prompt, more)
      return Effect.as(opening, heard)
    })
  return {
    ...parts,
    supervisor,
    open,
    ask: (id, prompt, more) =>
      Effect.gen(function* () {
        const { heard, opening } = order(id, prompt, more)
        const fiber = yield* Effect.forkDetach(opening, { startImmediately: true })
        return { heard, fiber }
      }),
    run: (id, prompt) => Effect.tap(open(id, prompt), ended)
  }
}

/** Waits for the end of a run. */
export const ended = (heard: Heard): Effect.Effect<Ending> => Effect.promise(() => endOf(heard))

/** Waits for an event of a run. */
export const event = (heard: Heard, type: string): Effect.Effect<RunEvent> => Effect.promise(() => eventOf(heard, type))

/** Waits for a fact as long as a loaded machine may need. */
export const fact = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.promise(() => until(what, holds, 20_000))

/** The pid of the runner that serves now. */
export function runnerPid(house: House): number {
  const pid = house.supervisor.view().runners.at(-1)?.pid
  if (pid === undefined) throw new Error("there is no runner")
  return pid
}

export function upTo(count: number): ReadonlyArray<number> {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** The error that a run was refused with. */
export const refusal = (asked: Asked): Effect.Effect<KernelError | "handed over"> =>
  Fiber.join(asked.fiber).pipe(
    Effect.as("handed over" as const),
    Effect.catch((error) => Effect.succeed(error))
  )
