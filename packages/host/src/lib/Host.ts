import type { Agent, Agents, LaunchContext } from "@signalbox/agents"
import {
  makeOneShot,
  makeSupervisor,
  Processes,
  type Supervisor,
  type SupervisorView,
  type TemporaryFolderFailed
} from "@signalbox/kernel"
import { type EndedBody, mintRunId, RunRequest } from "@signalbox/protocol"
import type { HostConfig } from "@signalbox/protocol/config"
import { Journal, type JournalFailed, type Recorder, SegmentJournal } from "@signalbox/trace"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { AgentUnavailable, HostClosed, type HostError, InvalidRequest, Refused, UnknownAgent } from "./HostErrors.ts"
import { acceptRun, type AcceptParts } from "./HostRun.ts"
import { runnable } from "./runnable.ts"

// The house in its first form: agents, kernel and trace as one Layer.

/** What only the app knows. The host itself reads no environment, no clock of its own and no randomness. */
export interface HostOptions {
  readonly config: HostConfig
  readonly agents: Agents
  readonly launch: Omit<LaunchContext, "run">
  /** The environment that agents inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly temporaryFolder: string
  /** Random bytes: for run ids and for the token that children carry. */
  readonly random: (count: number) => Uint8Array
  /** Off only where an outer host watches over this one's children. */
  readonly watchdog?: boolean
  /** Who runs are counted for. Standard: `local`. */
  readonly principal?: string
}

/** One accepted run. It goes on to its end whether anybody holds this or not. */
export interface HostRun {
  readonly runId: string
  /** Its records, from a cursor, live, to the terminal. Any number of readers. */
  readonly follow: Recorder["follow"]
  readonly batches: Recorder["batches"]
  /** Asks the run to stop. Idempotent. */
  readonly cancel: (reason?: string) => void
  /** Answers a permission or a question of the agent. */
  readonly answer: (request: string, value: unknown) => void
  readonly ended: Effect.Effect<EndedBody>
}

export interface HostView {
  readonly runs: number
  readonly agents: ReadonlyArray<SupervisorView>
}

/** Runs agents. The layer owns every process, file and fiber: closing it drains, stops and records, and leaves nothing. */
export class Host extends Context.Service<
  Host,
  {
    /** Accepts a run, or says why not. An accepted run has a trace and will end exactly once. */
    readonly run: (request: unknown) => Effect.Effect<HostRun, HostError>
    readonly find: (runId: string) => HostRun | undefined
    readonly view: () => HostView
    /** Stops the processes that live now without waiting for their runs, which then end. Each urgent one skips a grace. */
    readonly kill: (urgent?: boolean) => void
  }
>()("@signalbox/host/Host") {
  static readonly layer = (options: HostOptions): Layer.Layer<Host, JournalFailed | TemporaryFolderFailed> =>
    Layer.effect(Host, makeHost(options)).pipe(
      Layer.provide(SegmentJournal.layer({ folder: options.config.data_folder })),
      Layer.provide(
        Processes.layer({
          environment: options.environment,
          temporaryFolder: options.temporaryFolder,
          token: hex(options.random(16)),
          watchdog: options.watchdog ?? true
        })
      )
    )
}

const makeHost = (options: HostOptions): Effect.Effect<Host["Service"], never, Scope.Scope | Processes | Journal> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const journal = yield* Journal
    const runs = new Map<string, HostRun>()
    const keep = yield* FiberSet.makeRuntime<Processes | Journal, void, never>()
    // Closed by hand and before the fibers of the runs: so every run gets its terminal and is recorded.
    const desksScope = yield* Scope.make()
    const desks = yield* makeDesks(options, desksScope)
    const parts: AcceptParts = { options, clock, keep, runs }
    let closed = false
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        closed = true
        return Effect.ensuring(
          cancelAll(runs, options.config.runner.cancel_grace_ms),
          Scope.close(desksScope, Exit.void)
        )
      })
    )

    const run = (input: unknown) =>
      Effect.gen(function* () {
        if (closed) return yield* new HostClosed({ message: "the host is shutting down" })
        const request = yield* decodeRequest(input)
        const agent = yield* findAgent(options, request.agent)
        const supervisor = yield* desks.of(agent)
        const full = supervisor.full()
        if (full !== undefined) return yield* new Refused({ message: full.message })
        const id = request.run_id ?? mintRunId({ now: clock.currentTimeMillisUnsafe(), random: options.random(10) })
        return yield* acceptRun(parts, { id, request, agent: agent.name, supervisor }).pipe(
          Effect.provideService(Journal, journal)
        )
      })
    return {
      run,
      find: (runId) => runs.get(runId),
      view: () => ({ runs: runs.size, agents: desks.views() }),
      kill: desks.kill
    }
  })

/** Asks every run to stop and gives them the time of a cancel; closing the supervisors ends what is left. */
function cancelAll(runs: ReadonlyMap<string, HostRun>, graceMs: number): Effect.Effect<void> {
  const open = [...runs.values()]
  for (const run of open) run.cancel("the host is shutting down")
  return Effect.forEach(open, (run) => run.ended, { concurrency: "unbounded", discard: true }).pipe(
    Effect.timeoutOption(graceMs),
    Effect.asVoid
  )
}

function decodeRequest(input: unknown): Effect.Effect<RunRequest, InvalidRequest> {
  const result = RunRequest.safeParse(input)
  if (result.success) return Effect.succeed(result.data)
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "(request)"}: ${issue.message}`)
  return Effect.fail(new InvalidRequest({ problems, message: problems.join("; ") }))
}

/** Known and startable; a program that is missing is told before anything is recorded. */
function findAgent(options: HostOptions, name: string): Effect.Effect<Agent, UnknownAgent | AgentUnavailable> {
  const found = options.agents.findAgent(name)
  if (!found.ok) return Effect.fail(new UnknownAgent(found.fault))
  const launch = found.agent.launch(options.launch)
  return launch.ok ? Effect.succeed(found.agent) : Effect.fail(new AgentUnavailable(launch.fault))
}

/** One supervisor per agent, made when its first run comes. */
interface Desks {
  readonly of: (agent: Agent) => Effect.Effect<Supervisor>
  readonly views: () => ReadonlyArray<SupervisorView>
  readonly kill: Supervisor["kill"]
}

const makeDesks = (options: HostOptions, scope: Scope.Scope): Effect.Effect<Desks, never, Processes> =>
  Effect.gen(function* () {
    const processes = yield* Processes
    const desks = new Map<string, Supervisor>()
    const of = (agent: Agent) =>
      Effect.suspend(() => {
        const known = desks.get(agent.name)
        if (known !== undefined) return Effect.succeed(known)
        return makeDesk(options, agent).pipe(
          Scope.provide(scope),
          Effect.provideService(Processes, processes),
          Effect.tap((desk) => Effect.sync(() => desks.set(agent.name, desk))),
          // Making one never waits, so two first runs cannot make two.
          Effect.uninterruptible
        )
      })
    return {
      of,
      views: () => [...desks.values()].map((desk) => desk.view()),
      kill: (urgent) => {
        for (const desk of desks.values()) desk.kill(urgent)
      }
    }
  })

function makeDesk(options: HostOptions, agent: Agent): Effect.Effect<Supervisor, never, Scope.Scope | Processes> {
  const { runner, restart } = options.config
  const config = agent.permits === undefined ? runner : { ...runner, permits: agent.permits }
  const order = { agent: runnable(agent, options.launch), config, runner: config, restart }
  return agent.lifetime === "once" ? makeOneShot(order) : makeSupervisor(order)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex")
}
