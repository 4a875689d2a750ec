import type { StopWish } from "@signalbox/machine"
import type { RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { RunnableAgent, RunSink } from "./AgentPort.ts"
import { type Counters, countEnding, countRefusal, makeCounters } from "./counters.ts"
import { type KernelError, RunnerClosed } from "./KernelErrors.ts"
import { makePermits, type Ticket } from "./Permits.ts"
import type { Processes } from "./Processes.ts"
import { makeRunner, type Runner, type RunnerOrder, type RunOrder } from "./Runner.ts"
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
    const running = new Set<Carried>()
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
        const carried: Carried = { runner: undefined, kills: [] }
        running.add(carried)
        const over = () => {
          running.delete(carried)
          released()
        }
        keep(carry({ agent, config, counters, carried, ticket, isClosing: () => closing }, over))
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
        runners: [...running].flatMap(({ runner }) => (runner === undefined ? [] : [runner.view()])),
        places: [],
        counters
      }),
      kill: (urgent) => {
        for (const carried of running) killCarried(carried, urgent)
      }
    }
  })

/** A process from the moment its run left the line until nothing of it is left. */
interface Carried {
  runner: Runner | undefined
  /** What was asked while the process was being started: urgent or not. */
  readonly kills: Array<boolean | undefined>
}

const mostKills = 3

function killCarried({ runner, kills }: Carried, urgent: boolean | undefined): void {
  if (runner !== undefined) runner.kill(urgent)
  else if (kills.length < mostKills) kills.push(urgent)
}

interface Carrying extends OneShotOrder {
  readonly counters: Counters
  readonly carried: Carried
  readonly ticket: Ticket
  readonly isClosing: () => boolean
}

/** One process with its one run. The permit is free when nothing of the process is left. */
const carry = (carrying: Carrying, over: () => void) => {
  const { carried, counters, ticket, isClosing } = carrying
  let failure: KernelError = stoppedEarly()
  const isWanted = () => !ticket.isOver() && !isClosing() && carried.kills.length === 0
  return Effect.scoped(
    // Between the start and the answer nothing may come: who waits must hear one, and the process must have an owner.
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const first = firstRun(carrying)
        const runner = yield* makeRunner(runnerOrder(carrying, first, isWanted))
        counters.starts++
        carried.runner = runner
        if (isWanted()) handOver(carrying, runner)
        else {
          // Who asked hears the refusal and nothing else.
          first.sink = silent
          ticket.refuse(failure)
          runner.kill(true)
        }
        yield* restore(runner.gone)
      })
    )
  ).pipe(
    Effect.catchTag("SpawnFailed", (error) =>
      Effect.sync(() => {
        if (error.reason === "not_wanted") return
        counters.failedStarts++
        failure = error
      })
    ),
    Effect.ensuring(
      Effect.sync(() => {
        // The permit is free before the error is told: who asks again at once finds it.
        over()
        ticket.refuse(failure)
      })
    )
  )
}

type FirstRun = RunOrder & { sink: RunSink }

/** A program that stays after the end of its one run is told that its input is over, and is stopped in stages. */
function firstRun({ counters, carried, ticket }: Carrying): FirstRun {
  const { id, params, sink } = ticket.ask
  const end: RunSink["end"] = (ending) => {
    countEnding(counters, ending.outcome)
    sink.end(ending)
  }
  return { id, params, sink: { ...sink, end }, released: () => killCarried(carried, false) }
}

function runnerOrder({ agent, config, counters }: Carrying, first: RunOrder, wanted: () => boolean): RunnerOrder {
  const hooks = { retired: () => undefined, proved: () => undefined }
  return { agent, config, generation: counters.starts + 1, hooks, first, wanted }
}

const silent: RunSink = { event: () => undefined, ask: () => undefined, diag: () => undefined, end: () => undefined }

function handOver({ counters, ticket }: Carrying, runner: Runner): void {
  const { id } = ticket.ask
  counters.accepted++
  ticket.grant({
    generation: runner.generation,
    stop: (wish: StopWish) => runner.stop(id, wish),
    answer: (request, value) => runner.answer(id, request, value)
  })
}

const stoppedEarly = () => new RunnerClosed({ message: "the host stopped the run's program before it was started" })
