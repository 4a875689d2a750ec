import * as Interpreter from "@signalbox/interpreter"
import { type Command, type StagedStopOutput, type StagedStopInput, stagedStop } from "@signalbox/machine"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { type Child, startChild } from "./Child.ts"
import type { SpawnFailed } from "./KernelErrors.ts"
import type { Lookout } from "./Lookout.ts"
import type { RealPipes } from "./RealPipes.ts"
import { makeStdinWriter } from "./StdinWriter.ts"
import { bornAt, type Census, cookieVariable, findHunted, signalProcess } from "./Sweep.ts"
import type { Watchdog } from "./Watchdog.ts"

// Interprets `@signalbox/machine`'s staged stop over one real child process.

/** What a process tells its owner. All are called synchronously on the event loop; they must not wait and must not throw. */
export interface ProcessHooks {
  /**
   * A chunk of stdout. The pipe is always drained: there is no way to push back. The bytes are valid during the call
   * only; whoever keeps them copies them.
   */
  readonly stdout: (chunk: Uint8Array) => void
  readonly stderr: (chunk: Uint8Array) => void
  /** The process closed its stdout and has not been seen to exit. Often its exit is next. */
  readonly mute?: () => void
  /** The process exited. What it wrote last is still being read: `exited` follows when that is done. */
  readonly leaving: () => void
  /** The process exited and both pipes are drained: nothing follows. Called exactly once. */
  readonly exited: (exit: ProcessExit) => void
  /** The process does not read its stdin. Called at most once. */
  readonly stuck: () => void
}

export interface ProcessExit {
  readonly exitCode: number | null
  readonly signal: string | null
  /** False when something else still held a pipe after the drain limit. */
  readonly drained: boolean
  /** Processes that were still there when the process itself had gone. */
  readonly swept: number
  /** Processes that could not be ended, as those of another user; known only when even the program itself is one. */
  readonly left?: number
}

export interface ProcessOrder {
  readonly command: Command
  readonly hooks: ProcessHooks
  /** The whole standard input, where it is known beforehand; then `write` and `endInput` do nothing. */
  readonly input?: string
  /** Asked in the moment before the program is started: false, and the start fails with the reason `not_wanted`. */
  readonly wanted?: () => boolean
  /** Milliseconds of each stage of a stop, and of a write without progress. */
  readonly stopGraceMs: number
  readonly termGraceMs: number
  readonly drainMs: number
  readonly writeDeadlineMs: number
  /** How long the program may take to begin to read, or to say its first word, where that is more. */
  readonly bootMs?: number
}

/**
 * A child process in a group of its own. The scope that started it owns it: closing the scope stops it in stages and
 * returns only when nothing of it is left.
 */
export interface Process {
  readonly pid: number
  /** Queues text, or bytes as they are, for stdin; see `StdinWriter` for a full or dead reader. */
  readonly write: (text: string | Uint8Array) => void
  readonly queuedBytes: () => number
  /** Closes stdin after what is queued. */
  readonly endInput: () => void
  /** Begins the staged stop: end of input, grace, SIGTERM to the group, grace, SIGKILL, sweep. Each urgent one skips a grace. */
  readonly stop: (urgent?: boolean) => void
  /** Ends when nothing of the process is left, swept descendants included. */
  readonly gone: Effect.Effect<ProcessExit>
}

/** What all processes of a host share. */
export interface ProcessContext {
  /** One per host; the cookie of every child contains it. */
  readonly token: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly pipes: RealPipes
  readonly watchdog: Watchdog | undefined
  readonly lookout: Lookout
  readonly nextNumber: () => number
}

const sweepEveryMs = 25

/** Starts a program. Uninterruptible: a program that was started is owned by the scope, whatever happens to the caller. */
export const spawnProcess = (
  context: ProcessContext,
  order: ProcessOrder
): Effect.Effect<Process, SpawnFailed, Scope.Scope> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const cookie = `${context.token}.${context.nextNumber()}.`
      const environment = { ...context.environment, ...order.command.env, [cookieVariable]: chained(context, cookie) }
      const child = yield* startChild({
        command: order.command,
        environment,
        pipes: context.pipes,
        ...(order.input === undefined ? {} : { input: order.input }),
        ...(order.wanted === undefined ? {} : { wanted: order.wanted })
      })
      context.watchdog?.add(child.pid, bornAt(child.pid))
      const writer = yield* makeStdinWriter(child.stdin, {
        deadlineMs: order.writeDeadlineMs,
        bootMs: order.bootMs ?? 0,
        onStuck: order.hooks.stuck
      })
      const gone = Deferred.makeUnsafe<ProcessExit>()
      const { watchdog, lookout } = context
      const ladder = yield* makeLadder({ child, cookie, order, endInput: writer.end, gone, watchdog, lookout })
      child.stdout.once("data", writer.awake)
      const stop = (urgent = false) => ladder.send({ type: "stop", now: ladder.now(), urgent })
      yield* Effect.addFinalizer(() =>
        Effect.andThen(
          Effect.sync(() => stop()),
          Deferred.await(gone)
        )
      )
      return {
        pid: child.pid,
        write: writer.write,
        queuedBytes: writer.queuedBytes,
        endInput: writer.end,
        stop,
        gone: Deferred.await(gone)
      }
    })
  )

/** A host inside a host's child keeps the outer cookie: the outer sweep must find the inner children too. */
function chained(context: ProcessContext, cookie: string): string {
  const outer = context.environment[cookieVariable]
  return outer === undefined || outer === "" ? cookie : `${outer}:${cookie}`
}

interface LadderParts {
  readonly child: Child
  readonly cookie: string
  readonly order: ProcessOrder
  readonly endInput: () => void
  readonly gone: Deferred.Deferred<ProcessExit>
  readonly watchdog: Watchdog | undefined
  readonly lookout: Lookout
}

/** The staged stop with hands: it hears exit and end of pipes, signals the group, sweeps, and says when all is over. */
const makeLadder = (parts: LadderParts) =>
  Effect.gen(function* () {
    const { child, order, gone, lookout } = parts
    const hunt = makeHunt(child.pid, parts.cookie)
    const sweep = (census: Census): void => {
      const answer = hunt.sweep(census, ending.hasExited())
      // Told before the answer: it may end the ladder, and with it the scope of whoever waits to be told.
      if (ending.hasExited()) ending.swept(hunt.count())
      ladder.send({ type: "swept", now: ladder.now(), ...answer })
    }
    const ending = makeEnding(order.hooks)
    const perform = (output: StagedStopOutput): void => {
      switch (output.type) {
        case "close-input":
          // A leader may leave at its end of input, and with it what shows whose its children are.
          hunt.learn(lookout.recent())
          return parts.endInput()
        case "signal":
          return hunt.signalGroup(lookout.recent(), output.signal)
        case "sweep":
          return lookout.next(sweep)
        case "abandon-pipes":
          child.stdout.destroy()
          child.stderr.destroy()
          return ending.abandoned()
        case "done":
          child.stdin.destroy()
          parts.watchdog?.remove(child.pid)
          ending.over(output.left + (ending.hasExited() ? 0 : 1))
          Deferred.doneUnsafe(gone, Exit.succeed(ending.result()))
      }
    }
    const ladder = yield* Interpreter.make(
      stagedStop,
      { ...order, sweepEveryMs },
      {
        perform,
        tick: (now): StagedStopInput => ({ type: "tick", now })
      }
    )
    const drained = afterBoth(() => {
      // Told first: `drained` may end the ladder, and with it the scope of whoever waits to be told.
      ending.drained()
      ladder.send({ type: "drained", now: ladder.now() })
    })
    child.stdout.on("data", order.hooks.stdout)
    child.stderr.on("data", order.hooks.stderr)
    child.stdout.once("close", () => {
      if (!ending.hasExited()) order.hooks.mute?.()
      drained()
    })
    child.stderr.once("close", drained)
    child.onExit((exitCode, signal) => {
      order.hooks.leaving()
      ending.exited(exitCode, signal)
      ladder.send({ type: "exited", now: ladder.now() })
    })
    return ladder
  })

/** Collects how the process ended and tells it once: when it has exited, was swept behind and its pipes are at their end. */
function makeEnding(hooks: ProcessHooks) {
  const facts: { -readonly [Field in keyof ProcessExit]: ProcessExit[Field] } = {
    exitCode: null,
    signal: null,
    drained: true,
    swept: 0
  }
  let exited = false
  let drained = false
  let swept = false
  let told = false
  const tell = () => {
    if (told || !exited || !drained || !swept) return
    told = true
    hooks.exited({ ...facts })
  }
  return {
    exited: (exitCode: number | null, signal: string | null) => {
      exited = true
      facts.exitCode = exitCode
      facts.signal = signal
    },
    hasExited: () => exited,
    swept: (count: number) => {
      facts.swept = count
      swept = true
      tell()
    },
    drained: () => {
      drained = true
      tell()
    },
    abandoned: () => {
      if (!drained) facts.drained = false
      drained = true
      tell()
    },
    /** The ladder is over: whoever waits is told now, also of a process that not even SIGKILL ended. */
    over: (left: number) => {
      if (left > 0) facts.left = left
      exited = true
      drained = true
      swept = true
      tell()
    },
    result: (): ProcessExit => ({ ...facts })
  }
}

/** Signals and sweeps. A left-over process hears SIGTERM when it is first seen and SIGKILL when it is seen again. */
function makeHunt(pid: number, cookie: string) {
  const bornSince = bornAt(pid)
  const known = new Map<number, number>()
  const hunted = { groups: new Map([[pid, bornSince]]), cookie, bornSince, known }
  const find = (census: Census) => {
    const found = findHunted(hunted, census)
    for (const other of found) known.set(other.pid, other.born)
    return found
  }
  const seen = new Set<number>()
  return {
    learn: (census: Census) => void find(census),
    signalGroup: (census: Census, signal: NodeJS.Signals) => {
      signalProcess(-pid, signal)
      // Tool shells live in groups of their own: they hear it as well.
      for (const other of find(census)) if (other.group !== pid) signalProcess(other.pid, signal)
    },
    sweep: (census: Census, leaderGone: boolean) => {
      const all = find(census).map((other) => other.pid)
      const found = all.filter((other) => leaderGone || other !== pid)
      const fresh = found.filter((other) => !seen.has(other))
      for (const other of found) signalProcess(other, seen.has(other) ? "SIGKILL" : "SIGTERM")
      for (const other of fresh) seen.add(other)
      return { found: found.length, fresh: fresh.length }
    },
    count: () => seen.size
  }
}

function afterBoth(then: () => void): () => void {
  let left = 2
  return () => {
    if (--left === 0) then()
  }
}
