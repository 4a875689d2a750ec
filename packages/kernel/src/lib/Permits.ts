import type { StopWish } from "@signalbox/machine"
import type { RunParams } from "@signalbox/protocol"
import * as Effect from "effect/Effect"
import type { RunSink } from "./AgentPort.ts"
import { type KernelError, QueueFull, WaitTimedOut } from "./KernelErrors.ts"
import { giveBack, join, leave, lengthOf, makeWaitingLine, next, takeAll } from "./waiting-line.ts"

// The gate before runners: first come, first served; a permit is taken before anything is registered or written.

/** A run that asks for a permit. */
export interface RunAsk {
  readonly id: string
  readonly params: RunParams
  readonly sink: RunSink
  /** How long it may wait [the configuration's `wait_ms`]. */
  readonly waitMs?: number
  /** Called synchronously when the run is handed over: from here it goes on to its end, also if the asker is interrupted. */
  readonly granted?: (run: OpenRun) => void
}

/** A run that was handed over. It goes on to its own end, whether anybody listens or not. */
export interface OpenRun {
  /** Asks the run to stop. Idempotent; nothing once it is over. */
  readonly stop: (wish: StopWish) => void
  readonly answer: (request: string, value: unknown) => void
  /** Which generation of the runner carries it. */
  readonly generation: number
}

/** A place in the line. Exactly one of the two is called, once. */
export interface Ticket {
  readonly ask: RunAsk
  readonly grant: (run: OpenRun) => void
  readonly refuse: (error: KernelError) => void
}

export interface PermitsConfig {
  readonly waiting: number
  readonly waitMs: number
  /** Permits that are free or could be after a start: they do not count as waiting. */
  readonly spare: () => number
  /** Serve the line: called in a microtask after somebody joined, never inside a sink. */
  readonly serve: () => void
}

export interface Permits {
  /** Why one more could not even wait, now. */
  readonly full: () => QueueFull | undefined
  /** Whether more wait than there are spare permits. */
  readonly crowded: () => boolean
  /** Waits in the line. Interrupted while waiting, it leaves the line without a trace. */
  readonly take: (ask: RunAsk) => Effect.Effect<OpenRun, KernelError>
  readonly next: () => Ticket | undefined
  /** Puts a ticket back to the head of the line. */
  readonly giveBack: (ticket: Ticket) => void
  readonly waiting: () => number
  /** Serves the line soon: once, however often it is called before. */
  readonly serveSoon: () => void
  readonly refuseAll: (error: (ticket: Ticket) => KernelError) => void
}

export function makePermits(config: PermitsConfig): Permits {
  const line = makeWaitingLine<Ticket>()
  let soon = false
  const serveSoon = () => {
    if (soon) return
    soon = true
    queueMicrotask(() => {
      soon = false
      config.serve()
    })
  }
  const full = () => {
    const waiting = lengthOf(line)
    return waiting >= config.waiting + config.spare() ? queueFull(waiting) : undefined
  }
  const take = (ask: RunAsk) => {
    const waitMs = ask.waitMs ?? config.waitMs
    const wait = Effect.callback<OpenRun, KernelError>((resume) => {
      const refused = full()
      if (refused !== undefined) return resume(Effect.fail(refused))
      const ticket: Ticket = {
        ask,
        grant: (run) => {
          ask.granted?.(run)
          resume(Effect.succeed(run))
        },
        refuse: (error) => resume(Effect.fail(error))
      }
      join(line, ticket)
      serveSoon()
      return Effect.sync(() => leave(line, ticket))
    })
    return wait.pipe(Effect.timeoutOrElse({ duration: waitMs, orElse: () => Effect.fail(waitTimedOut(waitMs)) }))
  }
  return {
    full,
    crowded: () => lengthOf(line) > config.spare(),
    take,
    next: () => next(line),
    giveBack: (ticket) => giveBack(line, ticket),
    waiting: () => lengthOf(line),
    serveSoon,
    refuseAll: (error) => {
      for (const ticket of takeAll(line)) ticket.refuse(error(ticket))
    }
  }
}

const queueFull = (waiting: number) =>
  new QueueFull({ waiting, message: `${waiting} runs wait already, and no more may` })

const waitTimedOut = (waitedMs: number) =>
  new WaitTimedOut({ waitedMs, message: `no permit became free within ${waitedMs} ms` })
