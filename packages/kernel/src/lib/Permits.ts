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

/** A place in the line. The first of `grant` and `refuse` is the answer; what follows it is nothing. */
export interface Ticket {
  readonly ask: RunAsk
  /** Whether nobody waits for an answer any more: the asker has one, or was interrupted. */
  readonly isOver: () => boolean
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
  /**
   * Waits in the line, no longer than it may; the time ends when the ticket is taken. Interrupted before the answer, it
   * leaves the line without a trace, and a ticket that was taken is over.
   */
  readonly take: (ask: RunAsk) => Effect.Effect<OpenRun, KernelError>
  readonly next: () => Ticket | undefined
  /** Puts a ticket back to the head of the line, unless it is over or its time has passed meanwhile. */
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
  const overdue = new WeakMap<Ticket, WaitTimedOut>()
  const take = (ask: RunAsk) =>
    Effect.gen(function* () {
      const waitMs = ask.waitMs ?? config.waitMs
      const { ticket, listen, drop } = makeTicket(ask)
      const timeIsUp = () => {
        const error = waitTimedOut(waitMs)
        if (leave(line, ticket)) ticket.refuse(error)
        else overdue.set(ticket, error)
      }
      const answer = Effect.callback<OpenRun, KernelError>((resume) => {
        const refused = full()
        if (refused !== undefined) return resume(Effect.fail(refused))
        listen(resume)
        join(line, ticket)
        serveSoon()
        return Effect.sync(() => {
          drop()
          leave(line, ticket)
        })
      })
      const timer = yield* Effect.forkChild(Effect.andThen(Effect.sleep(waitMs), Effect.sync(timeIsUp)))
      return yield* Effect.ensuring(
        answer,
        Effect.sync(() => timer.interruptUnsafe())
      )
    })
  return {
    full,
    crowded: () => lengthOf(line) > config.spare(),
    take,
    next: () => next(line),
    giveBack: (ticket) => {
      const late = overdue.get(ticket)
      if (late !== undefined) ticket.refuse(late)
      else if (!ticket.isOver()) giveBack(line, ticket)
    },
    waiting: () => lengthOf(line),
    serveSoon,
    refuseAll: (error) => {
      for (const ticket of takeAll(line)) ticket.refuse(error(ticket))
    }
  }
}

type Answer = Effect.Effect<OpenRun, KernelError>

/** A ticket, and how its one asker hears the answer or leaves without it. */
function makeTicket(ask: RunAsk) {
  let over = false
  let tell: (answer: Answer) => void = () => undefined
  const ticket: Ticket = {
    ask,
    isOver: () => over,
    grant: (run) => {
      if (over) return
      over = true
      ask.granted?.(run)
      tell(Effect.succeed(run))
    },
    refuse: (error) => {
      if (over) return
      over = true
      tell(Effect.fail(error))
    }
  }
  const listen = (told: typeof tell) => {
    tell = told
  }
  const drop = () => {
    over = true
  }
  return { ticket, listen, drop }
}

const queueFull = (waiting: number) =>
  new QueueFull({ waiting, message: `${waiting} runs wait already, and no more may` })

const waitTimedOut = (waitedMs: number) =>
  new WaitTimedOut({ waitedMs, message: `no permit became free within ${waitedMs} ms` })
