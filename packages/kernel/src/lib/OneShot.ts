import type { StopWish } from "@signalbox/machine"
import type { RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { RunnableAgent } from "./AgentPort.ts"
import { type Counters, countEnding, countRefusal, makeCounters } from "./counters.ts"
import { RunnerClosed } from "./KernelErrors.ts"
import { makePermits, type Ticket } from "./Permits.ts"
import type { Processes } from "./Processes.ts"
import { makeRunner, type Runner, type RunOrder } from "./Runner.ts"
import type { Supervisor } from "./Supervisor.ts"

// A fresh process for each run, behind the same line and with the same face as a supervisor of shared runners. There is
// nothing to restart: a program that fails is that run's own failure.

export interface OneShotOrder {
  readonly agent: RunnableAgent
  readonly config: RunnerConfig
}

export const makeOneShot = (order: OneShotOrder): Effect.Effect<Supervisor, never, Scope.Scope | Processes> =>
  Effect.gen(function* () {
    const { agent, config } = order
    const keep = yield* FiberSet.makeRuntime<Processes, void, never>()
    const running = new Set<Runner>()
    const counters = makeCounters()
    const places = config.permits * config.runners
    let active = 0
    let closing = false

    const serve = () => {
      if (closing) return permits.refuseAll(() => new RunnerClosed({ message: "the host is shutting down" }))
      while (active < places) {
        const ticket = permits.next()
        if (ticket === undefined) return
        active++
        keep(carry({ agent, config, counters, running, ticket, released }))
      }
    }
    const permits = makePermits({
      waiting: config.waiting,
      waitMs: config.wait_ms,
      spare: () => places - active,
      serve
    })
    const released = () => {
      active--
      permits.serveSoon()
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        closing = true
        serve()
      })
    )
    return {
      full: permits.full,
      crowded: permits.crowded,
      open: (ask) =>
        permits.take(ask).pipe(Effect.tapError((error) => Effect.sync(() => countRefusal(counters, error._tag)))),
      view: () => ({
        agent: agent.name,
        waiting: permits.waiting(),
        active,
        runners: [...running].map((runner) => runner.view()),
        places: [],
        counters
      }),
      kill: (urgent) => {
        for (const runner of running) runner.kill(urgent)
      }
    }
  })

interface Carrying extends OneShotOrder {
  readonly counters: Counters
  readonly running: Set<Runner>
  readonly ticket: Ticket
  readonly released: () => void
}

/** One process with its one run. The permit is free when nothing of the process is left. */
const carry = ({ agent, config, counters, running, ticket, released }: Carrying) => {
  const { id, params, sink } = ticket.ask
  const end: RunOrder["sink"]["end"] = (ending) => {
    countEnding(counters, ending.outcome)
    sink.end(ending)
  }
  const first: RunOrder = { id, params, sink: { ...sink, end }, released: () => undefined }
  const hooks = { retired: () => undefined, proved: () => undefined }
  // Not to be interrupted between the start and the grant: a program that was started has been handed over.
  const start = Effect.gen(function* () {
    const runner = yield* makeRunner({ agent, config, generation: counters.starts + 1, hooks, first })
    counters.starts++
    counters.accepted++
    running.add(runner)
    yield* Effect.addFinalizer(() => Effect.sync(() => running.delete(runner)))
    ticket.grant({
      generation: runner.generation,
      stop: (wish: StopWish) => runner.stop(id, wish),
      answer: (request, value) => runner.answer(id, request, value)
    })
    return runner
  })
  return Effect.scoped(Effect.flatMap(Effect.uninterruptible(start), (runner) => Effect.asVoid(runner.gone))).pipe(
    // The place is free before anybody hears that the start failed.
    Effect.ensuring(Effect.sync(released)),
    Effect.catchTag("SpawnFailed", (error) =>
      Effect.sync(() => {
        counters.failedStarts++
        ticket.refuse(error)
      })
    ),
    Effect.onInterrupt(() => Effect.sync(() => ticket.refuse(closing())))
  )
}

const closing = () => new RunnerClosed({ message: "the host is shutting down" })
