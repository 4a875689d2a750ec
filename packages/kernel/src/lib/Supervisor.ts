import * as Interpreter from "@signalbox/interpreter"
import {
  type SupervisionInput,
  type SupervisionOutput,
  type SupervisionView,
  supervision,
  viewSupervision
} from "@signalbox/machine"
import type { RestartConfig, RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { RunnableAgent } from "./AgentPort.ts"
import { BreakerOpen, type KernelError, RunnerClosed, type SpawnFailed } from "./KernelErrors.ts"
import { type Counters, countEnding, countRefusal, makeCounters } from "./counters.ts"
import { makePermits, type OpenRun, type Permits, type RunAsk, type Ticket } from "./Permits.ts"
import type { Processes } from "./Processes.ts"
import { makeRunner, type Runner, type RunnerView } from "./Runner.ts"

// Keeps the runners of one agent: started lazily, shared by all runs, replaced when they die. Interprets
// `@signalbox/machine`'s supervision, one machine per place.

/**
 * The runners of one agent behind one line of waiting runs. The scope that made it owns every process: closing it
 * refuses who waits, drains what runs within the grace, and returns when nothing is left.
 */
export interface Supervisor {
  /** Why one more run could not even wait, now. Nothing can come between this answer and a synchronous decision. */
  readonly full: () => KernelError | undefined
  /** Whether runs wait for a permit, and not only for a runner to start. */
  readonly crowded: () => boolean
  /** Waits for a permit, then hands the run over. From then on everything about it is told to its sink. */
  readonly open: (ask: RunAsk) => Effect.Effect<OpenRun, KernelError>
  readonly view: () => SupervisorView
  /** Begins the staged stop of every process that lives now. Runs that wait for a permit go on waiting. */
  readonly kill: (urgent?: boolean) => void
}

export interface SupervisorView {
  readonly agent: string
  readonly waiting: number
  readonly active: number
  readonly runners: ReadonlyArray<RunnerView>
  readonly places: ReadonlyArray<SupervisionView>
  readonly counters: Readonly<Counters>
}

export interface SupervisorOrder {
  readonly agent: RunnableAgent
  readonly runner: RunnerConfig
  readonly restart: RestartConfig
}

/** One life of a runner in a place. A retired one finishes its runs beside its successor, which gets what it leaves free. */
interface Life {
  /** Undefined while its process is being started. */
  runner: Runner | undefined
  /** What was asked meanwhile: urgent or not. */
  readonly kills: Array<boolean | undefined>
  active: number
  retired: boolean
}

interface Place {
  /** The one that gets new runs. */
  life: Life | undefined
  /** All that live: the one that gets new runs, and retired ones. The permits are the place's, whoever carries the runs. */
  readonly lives: Set<Life>
  readonly body: Interpreter.Interpreter<ReturnType<typeof supervision.initial>, SupervisionInput>
}

export const makeSupervisor = (order: SupervisorOrder): Effect.Effect<Supervisor, never, Scope.Scope | Processes> =>
  Effect.gen(function* () {
    const { agent, runner: config } = order
    const random = yield* Random.Random
    const keep = yield* FiberSet.makeRuntime<Processes, void, never>()
    const places: Array<Place> = []
    const lives = new Set<Life>()
    const counters = makeCounters()
    let closing = false

    const permits: Permits = makePermits({
      waiting: config.waiting,
      waitMs: config.wait_ms,
      spare: () => places.length * config.permits - activeIn(lives),
      serve: () => (closing ? refuseAll() : serve(context))
    })
    const refuseAll = () => permits.refuseAll(() => new RunnerClosed({ message: "the host is shutting down" }))
    const context: Serving = { agent, config, permits, places, lives, counters, isClosing: () => closing }
    for (let index = 0; index < config.runners; index++) {
      const place: Place = {
        life: undefined,
        lives: new Set(),
        body: yield* Interpreter.make(supervision, supervisionConfig(order.restart), {
          perform: (output: SupervisionOutput) => {
            if (output.type === "start" && !closing)
              keep(live(context, place, { generation: output.generation, random }))
            else permits.serveSoon()
          },
          tick: (now): SupervisionInput => ({ type: "tick", now })
        })
      }
      places.push(place)
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        closing = true
        refuseAll()
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
        active: activeIn(lives),
        runners: [...lives].flatMap((life) => (life.runner === undefined ? [] : [life.runner.view()])),
        places: places.map((place) => viewSupervision(place.body.state)),
        counters
      }),
      kill: (urgent) => {
        for (const life of lives) killLife(life, urgent)
      }
    }
  })

interface Serving {
  readonly agent: RunnableAgent
  readonly config: RunnerConfig
  readonly permits: Permits
  readonly places: ReadonlyArray<Place>
  readonly lives: Set<Life>
  readonly counters: Counters
  readonly isClosing: () => boolean
}

/** Hands waiting runs over while there are free permits; then sees to it that runners come or go as they are needed. */
function serve(context: Serving): void {
  const { permits, places } = context
  for (let place = freePlace(context); place?.life !== undefined && permits.waiting() > 0; place = freePlace(context)) {
    const ticket = permits.next()
    if (ticket !== undefined) handOver(context, place, ticket)
  }
  if (permits.waiting() === 0) {
    for (const place of places) place.body.send({ type: "unwanted" })
    return
  }
  const phases = places.map((place) => viewSupervision(place.body.state))
  if (phases.every((phase) => phase.phase === "open")) return refuseForBreaker(context)
  // One by one: the next runner is started only when no other is on its way.
  if (phases.some((phase) => phase.phase === "starting")) return
  const empty = places.filter((place) => place.life === undefined && hasRoom(context, place))
  // A place that can start at once comes before one that has to wait for the end of its delay.
  const next = empty.find(startsAtOnce) ?? empty.find((place) => place.body.state.phase !== "open")
  next?.body.send({ type: "wanted" })
}

function startsAtOnce({ body }: Place): boolean {
  return body.state.phase === "idle" || body.state.phase === "half-open"
}

/** A successor of a runner that still works is not even started before it may carry a run. */
function hasRoom({ config }: Serving, place: Place): boolean {
  return activeIn(place.lives) < config.permits
}

function freePlace(context: Serving): Place | undefined {
  const free = context.places.filter((place) => place.life?.runner !== undefined && hasRoom(context, place))
  return free.sort((one, other) => (one.life?.active ?? 0) - (other.life?.active ?? 0))[0]
}

function handOver(context: Serving, place: Place, ticket: Ticket): void {
  const { life } = place
  const runner = life?.runner
  if (life === undefined || runner === undefined) return context.permits.giveBack(ticket)
  const { id, params } = ticket.ask
  life.active++
  const released = () => {
    life.active--
    context.permits.serveSoon()
    if (life.retired && life.active === 0) runner.kill()
  }
  const fault = runner.open({ id, params, sink: countingSink(context.counters, ticket), released })
  if (fault === undefined) {
    context.counters.accepted++
    return ticket.grant({
      generation: runner.generation,
      stop: (wish) => runner.stop(id, wish),
      answer: (request, value) => runner.answer(id, request, value)
    })
  }
  life.active--
  if (fault._tag !== "RunnerClosed") return ticket.refuse(fault)
  // It closed between the look and the open: the run goes to the next generation.
  if (place.life === life) place.life = undefined
  context.permits.giveBack(ticket)
}

function countingSink(counters: Counters, ticket: Ticket): RunAsk["sink"] {
  const { sink } = ticket.ask
  return {
    ...sink,
    end: (ending) => {
      countEnding(counters, ending.outcome)
      sink.end(ending)
    }
  }
}

/** One runner from its start until nothing of it is left. */
const live = (
  context: Serving,
  place: Place,
  birth: { readonly generation: number; readonly random: Random.Random }
) => {
  const { generation, random } = birth
  const life: Life = { runner: undefined, kills: [], active: 0, retired: false }
  const retired = (_why: string, asked: boolean) => {
    life.retired = true
    if (place.life === life) place.life = undefined
    // Whether a successor is wanted at all is seen when the line is served: runs that go on may leave it no permit.
    place.body.send({ type: "unwanted" })
    if (asked || context.isClosing()) place.body.send({ type: "stopped", generation })
    else {
      context.counters.deaths++
      place.body.send({ type: "died", now: place.body.now(), chance: random.nextDoubleUnsafe(), generation })
    }
    context.permits.serveSoon()
    queueMicrotask(() => life.active === 0 && life.runner?.kill())
  }
  const begin = (runner: Runner) => {
    context.counters.starts++
    life.runner = runner
    place.body.send({ type: "started", now: place.body.now(), generation })
    for (const urgent of life.kills) runner.kill(urgent)
    if (life.retired) runner.kill()
    else place.life = life
    context.permits.serveSoon()
  }
  const proved = () => place.body.send({ type: "proved", now: place.body.now(), generation })
  return Effect.scoped(
    Effect.gen(function* () {
      // Before the start, so that a kill finds it also while it starts, and as long as anything of it is left.
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          for (const lives of [context.lives, place.lives]) lives.add(life)
        }),
        () =>
          Effect.sync(() => {
            for (const lives of [context.lives, place.lives]) lives.delete(life)
          })
      )
      const { agent, config } = context
      const runner = yield* makeRunner({ agent, config, generation, hooks: { retired, proved } }).pipe(
        Effect.tap((started) => Effect.sync(() => begin(started))),
        Effect.uninterruptible
      )
      yield* runner.gone
    })
  ).pipe(
    Effect.catchTag("SpawnFailed", (error) => Effect.sync(() => startFailed(context, place, { generation, error })))
  )
}

const mostKills = 3

function killLife({ runner, kills }: Life, urgent: boolean | undefined): void {
  if (runner !== undefined) runner.kill(urgent)
  else if (kills.length < mostKills) kills.push(urgent)
}

/** A failed start is not remembered. Who waits hears why, unless another runner can serve them. */
function startFailed(
  context: Serving,
  place: Place,
  failure: { readonly generation: number; readonly error: SpawnFailed }
): void {
  context.counters.failedStarts++
  if (context.places.every((other) => other.life === undefined)) context.permits.refuseAll(() => failure.error)
  place.body.send({ type: "start-failed", now: place.body.now(), generation: failure.generation })
}

function refuseForBreaker({ permits, places, agent }: Serving): void {
  const ends = places.map((place) => viewSupervision(place.body.state).until ?? 0)
  const retryAtMs = Math.min(...ends)
  permits.refuseAll(
    () =>
      new BreakerOpen({
        retryAtMs,
        message: `the runner of ${agent.name} died too often; the next start is tried at ${new Date(retryAtMs).toISOString()}`
      })
  )
}

function activeIn(lives: ReadonlySet<Life>): number {
  let active = 0
  for (const life of lives) active += life.active
  return active
}

function supervisionConfig(restart: RestartConfig) {
  return {
    backoffMinMs: restart.backoff_min_ms,
    backoffMaxMs: restart.backoff_max_ms,
    breakerDeaths: restart.breaker_deaths,
    breakerPeriodMs: restart.breaker_period_ms,
    breakerOpenMs: restart.breaker_open_ms
  }
}
