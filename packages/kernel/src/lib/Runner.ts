import * as Interpreter from "@signalbox/interpreter"
import {
  type Dialect,
  type DialectSink,
  type MuxInput,
  type MuxOutput,
  type MuxState,
  type MuxView,
  mux,
  type StopWish,
  viewMux
} from "@signalbox/machine"
import { encodeLine, type RunParams } from "@signalbox/protocol"
import type { RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RunnableAgent, RunSink } from "./AgentPort.ts"
import { DuplicateId, EncodeFailed, type KernelError, RunnerClosed, SpawnFailed, WriteFailed } from "./KernelErrors.ts"
import { type Hearing, makeHearing } from "./Hearing.ts"
import type { Process, ProcessExit } from "./Process.ts"
import { Processes } from "./Processes.ts"

// Interprets `@signalbox/machine`'s mux over one child process: many runs, one pipe each way. The per-event path is
// synchronous: a chunk of stdout becomes lines, frames, orders and calls of sinks before the function returns.

/** One run that is handed over. `released` is called once, when its permit is free. */
export interface RunOrder {
  readonly id: string
  readonly params: RunParams
  readonly sink: RunSink
  readonly released: () => void
}

export interface RunnerHooks {
  /** Give this runner no new run. Called once. `asked`: it was the host's wish and no fault of the runner. */
  readonly retired: (why: string, asked: boolean) => void
  /** The runner ended a run well. */
  readonly proved: () => void
}

export interface RunnerView extends MuxView {
  readonly generation: number
  readonly pid: number
  readonly queuedBytes: number
  readonly stderrTail: string
}

/** One child process with its runs. The scope that made it owns it: closing it drains, then stops the process in stages. */
export interface Runner {
  readonly generation: number
  /**
   * Registers and writes in one synchronous step; returns why not, and nothing was registered or written then. Not to be
   * called from inside a sink: call it from a microtask.
   */
  readonly open: (order: RunOrder) => Exclude<KernelError, SpawnFailed> | undefined
  /** Asks a run to stop. Idempotent; nothing for a run that is over. */
  readonly stop: (id: string, wish: StopWish) => void
  readonly answer: (id: string, request: string, value: unknown) => void
  /** Accept nothing new. */
  readonly retire: () => void
  /** Accepts nothing new and begins the staged stop of the process. */
  readonly kill: (urgent?: boolean) => void
  readonly view: () => RunnerView
  /** Ends when the process and all it left are gone. */
  readonly gone: Effect.Effect<ProcessExit>
}

export interface RunnerOrder {
  readonly agent: RunnableAgent
  readonly config: RunnerConfig
  readonly generation: number
  readonly hooks: RunnerHooks
  /** The run for which a `once` agent is started. It is told of a failed start by the error, not by its sink. */
  readonly first?: RunOrder
  /** See `ProcessOrder`. */
  readonly wanted?: () => boolean
}

/** Starts a runner. What an agent's own code throws meanwhile is a failed start with the reason `defect`. */
export const makeRunner = (order: RunnerOrder): Effect.Effect<Runner, SpawnFailed, Scope.Scope | Processes> =>
  Effect.catchDefect(begin(order), (defect) => {
    const message = `the agent ${order.agent.name} could not be started: its own code failed: ${textOf(defect)}`
    const failed = new SpawnFailed({ file: order.agent.name, reason: "defect", message })
    return Effect.andThen(Effect.logError(message, defect), Effect.fail(failed))
  })

const begin = (order: RunnerOrder): Effect.Effect<Runner, SpawnFailed, Scope.Scope | Processes> =>
  Effect.gen(function* () {
    const processes = yield* Processes
    const { agent, config, first } = order
    const dialect = agent.dialect()
    const stdin = makeStdin()
    const answers: Answers = { refused: undefined }
    const body: Body = yield* Interpreter.make(mux<RunOrder>(), muxConfig(order), {
      perform: (output) => perform(output),
      tick: (now): MuxInput<RunOrder> => ({ type: "tick", now })
    })
    const sink: DialectSink = {
      write: stdin.write,
      endInput: stdin.end,
      frame: body.send,
      stray: (stray) => body.send({ type: "stray", stray })
    }
    const faults = makeFaults({ order, body, stdin, log: yield* makeLog })
    const perform = guarded(
      makePerform({ dialect, sink, order, answers, body, kill: () => stdin.process?.stop(true) }),
      faults.ofOrder
    )
    const hearing = makeHearing({ config, dialect, sink, tick: () => tick(body), failed: faults.ofDialect })

    tick(body)
    dialect.start(sink)
    if (first !== undefined) body.send({ type: "open", owner: first, id: first.id, params: first.params })
    const process = yield* start(processes, { order, body, hearing, input: stdin.whole() })
    stdin.connect(process)
    return runnerOf({ order, body, answers, hearing, process })
  })

type Body = Interpreter.Interpreter<MuxState<RunOrder>, MuxInput<RunOrder>>

/** Tells the mux the time: before every wish and every chunk, so that what follows from them has a time. */
function tick(body: Body): void {
  body.send({ type: "tick", now: body.now() })
}

interface Starting {
  readonly order: RunnerOrder
  readonly body: Body
  readonly hearing: Hearing
  readonly input: string | undefined
}

function start(
  processes: Processes["Service"],
  { order, body, hearing, input }: Starting
): Effect.Effect<Process, SpawnFailed, Scope.Scope> {
  const { agent, config } = order
  const launch = agent.launch(order.first)
  if (!launch.ok) {
    return Effect.fail(new SpawnFailed({ file: agent.name, reason: "unavailable", message: launch.fault.message }))
  }
  return processes.spawn({
    command: launch.command,
    ...(input === undefined ? {} : { input }),
    ...(order.wanted === undefined ? {} : { wanted: order.wanted }),
    ...stopTimes(config),
    hooks: {
      stdout: hearing.stdout,
      stderr: hearing.stderr,
      mute: () => hearMute(agent, body),
      leaving: () => body.send({ type: "leaving" }),
      exited: (exit) => body.send({ type: "exited", evidence: hearing.exited(exit) }),
      stuck: () => body.send({ type: "stuck" })
    }
  })
}

/** A program that is started for each run is judged by its exit, and may well go on working without a stdout. */
function hearMute(agent: RunnableAgent, body: Body): void {
  if (agent.lifetime === "once") return
  tick(body)
  body.send({ type: "mute" })
}

interface RunnerParts {
  readonly order: RunnerOrder
  readonly body: Body
  readonly answers: Answers
  readonly hearing: Hearing
  readonly process: Process
}

function runnerOf({ order, body, answers, hearing, process }: RunnerParts): Runner {
  return {
    generation: order.generation,
    open: (run) => {
      const fault = refusal(run, order.config, process)
      if (fault !== undefined) return fault
      answers.refused = undefined
      body.send({ type: "open", owner: run, id: run.id, params: run.params })
      return answers.refused
    },
    stop: (id, wish) => {
      tick(body)
      body.send({ type: "stop", id, wish })
    },
    answer: (id, request, value) => body.send({ type: "answer", id, request, value }),
    retire: () => body.send({ type: "retire" }),
    kill: (urgent) => {
      body.send({ type: "retire" })
      process.stop(urgent)
    },
    view: () => ({
      ...viewMux(body.state),
      generation: order.generation,
      pid: process.pid,
      queuedBytes: process.queuedBytes(),
      stderrTail: hearing.stderrTail()
    }),
    gone: process.gone
  }
}

function muxConfig({ agent, config }: RunnerOrder) {
  return {
    cancelGraceMs: config.cancel_grace_ms,
    requireHello: config.require_hello,
    helloMs: config.hello_ms,
    strayCount: config.stray_count,
    strayPeriodMs: config.stray_period_ms,
    fatalGraceMs: config.drain_ms,
    deathOutcome: agent.lifetime === "once" ? ("failed" as const) : ("lost" as const)
  }
}

function stopTimes(config: RunnerConfig) {
  return {
    stopGraceMs: config.stop_grace_ms,
    termGraceMs: config.term_grace_ms,
    drainMs: config.drain_ms,
    writeDeadlineMs: config.write_deadline_ms,
    bootMs: config.hello_ms
  }
}

/** What is written before the process exists waits; when all of the input is known by then, the process gets it as a file. */
function makeStdin() {
  let early = ""
  let ended = false
  const stdin = {
    process: undefined as Process | undefined,
    write: (line: string) => {
      if (stdin.process === undefined) early += `${line}\n`
      else stdin.process.write(`${line}\n`)
    },
    end: () => {
      ended = true
      stdin.process?.endInput()
    },
    whole: () => (ended ? early : undefined),
    connect: (process: Process) => {
      stdin.process = process
      if (early !== "" && !ended) process.write(early)
      early = ""
    }
  }
  return stdin
}

/** The mux's answer to the `open` that is being asked. */
interface Answers {
  refused: RunnerClosed | DuplicateId | undefined
}

interface PerformParts {
  readonly dialect: Dialect
  readonly sink: DialectSink
  readonly order: RunnerOrder
  readonly answers: Answers
  readonly body: Body
  readonly kill: () => void
}

/** Carries out the mux's orders. `end` before `release`: whoever gets the freed permit comes after the terminal. */
function makePerform(parts: PerformParts) {
  return (output: MuxOutput<RunOrder>): void => {
    switch (output.type) {
      case "event":
        return output.owner.sink.event(output.event)
      case "write":
        return parts.dialect.encode(output.frame, parts.sink)
      case "diag":
        return output.owner.sink.diag(output.level, output.source, output.message)
      case "ask":
        return output.owner.sink.ask(output.ask)
      case "end":
        if (output.ending.outcome === "completed") parts.order.hooks.proved()
        return output.owner.sink.end(output.ending)
      case "release":
        return output.owner.released()
      case "settle":
        return afterPass(() => parts.body.send({ type: "settled" }))
      case "retired":
        return parts.order.hooks.retired(output.why, output.asked)
      case "kill":
        return parts.kill()
      case "refuse":
        parts.answers.refused = refused(output.owner.id, output.code)
        return
      case "accept":
      case "hello":
        return
    }
  }
}

type Perform = (output: MuxOutput<RunOrder>) => void

/** An order that throws is a fault of one run or of one runner: the orders and runs beside it go on. */
function guarded(perform: Perform, failed: (output: MuxOutput<RunOrder>, error: unknown) => void): Perform {
  return (output) => {
    try {
      perform(output)
    } catch (error) {
      failed(output, error)
    }
  }
}

interface FaultParts {
  readonly order: RunnerOrder
  readonly body: Body
  readonly stdin: ReturnType<typeof makeStdin>
  readonly log: (message: string, error: unknown) => void
}

/** What is done when code throws that must not: a dialect's costs its runner, a sink's its run. Each is logged once. */
function makeFaults({ order, body, stdin, log }: FaultParts) {
  const badSinks = new WeakSet<RunOrder>()
  let condemned = false
  const ofDialect = (error: unknown): void => {
    // Without a process this is a start that fails, and is told as that.
    if (stdin.process === undefined) throw error
    if (condemned) return
    condemned = true
    const message = `the code of the agent ${order.agent.name} failed: ${textOf(error)}`
    log(message, error)
    body.send({ type: "fatal", message })
    stdin.process.stop(true)
  }
  const ofSink = (owner: RunOrder, error: unknown): void => {
    if (badSinks.has(owner)) return
    badSinks.add(owner)
    const message = `who listens to the run ${owner.id} failed: ${textOf(error)}`
    log(message, error)
    body.send({ type: "stop", id: owner.id, wish: { outcome: "cancelled", fault: { code: "internal", message } } })
  }
  return {
    ofDialect,
    ofOrder: (output: MuxOutput<RunOrder>, error: unknown): void => {
      if (output.type === "write") ofDialect(error)
      else if ("owner" in output) ofSink(output.owner, error)
      else log(`the order ${output.type} of a runner failed`, error)
    }
  }
}

/** Logs from where Effect is not entered. */
const makeLog = Effect.map(Effect.context<never>(), (context) => {
  const fork = Effect.runForkWith(context)
  return (message: string, error: unknown): void => void fork(Effect.logError(message, error))
})

function refused(id: string, code: "closed" | "duplicate_id"): RunnerClosed | DuplicateId {
  if (code === "closed") return new RunnerClosed({ message: "the runner accepts nothing any more" })
  return new DuplicateId({ id, message: `the run id ${id} is in flight` })
}

/** What is wrong with a run before anything is registered or written. */
function refusal(run: RunOrder, config: RunnerConfig, process: Process): EncodeFailed | WriteFailed | undefined {
  const encoded = encodeLine({ type: "run", id: run.id, params: run.params })
  if (!encoded.ok)
    return new EncodeFailed({ message: `the parameters cannot be written as JSON: ${encoded.fault.message}` })
  const queued = process.queuedBytes()
  if (queued <= config.write_queue_bytes) return undefined
  return new WriteFailed({ message: `${queued} bytes wait for a runner that does not read them` })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Two turns of the event loop hold one whole look at every pipe: what stderr had when the `end` came is read by then. */
function afterPass(then: () => void): void {
  setImmediate(() => setImmediate(then))
}
