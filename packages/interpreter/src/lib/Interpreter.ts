import type { Machine } from "@signalbox/machine"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import type * as Scope from "effect/Scope"

/** How a machine's orders are carried out and how time is told to it. */
export interface Body<State, Input, Output> {
  /** Carries one order out, synchronously. May send further inputs: they are taken after the orders of this step. */
  readonly perform: (output: Output, state: State) => void
  /** The input that says what time it is, in milliseconds. */
  readonly tick: (now: number) => Input
}

/**
 * A machine with a body. The scope that made it owns it and its one timer; when the scope closes, the timer ends and
 * inputs are taken no more (they are ignored: there is nobody left to carry out their orders).
 */
export interface Interpreter<State, Input> {
  readonly state: State
  /** Steps the machine and carries out all its orders before it returns. Never waits, never throws for a closed scope. */
  readonly send: (input: Input) => void
  /** The clock's time in milliseconds, the one that `tick` inputs carry. */
  readonly now: () => number
}

/** Gives a machine a body: state owned in one place, orders performed in order, one timer re-armed from `deadline`. */
export const make = <Config, State, Input, Output>(
  machine: Machine<Config, State, Input, Output>,
  config: Config,
  body: Body<State, Input, Output>
): Effect.Effect<Interpreter<State, Input>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const timer = yield* FiberHandle.makeRuntime<never>()
    const core = makeCore(machine, config, body)
    const now = () => clock.currentTimeMillisUnsafe()
    let armed = Number.POSITIVE_INFINITY

    const arm = () => {
      const deadline = machine.deadline?.(core.state)
      // A later deadline leaves the timer alone: it fires early once and is armed again, which is cheaper than moving it.
      if (deadline === undefined || deadline >= armed || core.closed) return
      armed = deadline
      timer(Effect.andThen(Effect.sleep(Math.max(0, Math.ceil(deadline - now()))), Effect.sync(fire)))
    }
    const fire = () => {
      armed = Number.POSITIVE_INFINITY
      send(body.tick(now()))
    }
    const send = (input: Input) => {
      core.take(input)
      arm()
    }
    yield* Effect.addFinalizer(() => Effect.sync(core.close))
    arm()
    return { state: core.state, send, now }
  })

/** The part without Effect: takes inputs one after the other, also those that arrive while orders are carried out. */
function makeCore<Config, State, Input, Output>(
  machine: Machine<Config, State, Input, Output>,
  config: Config,
  body: Body<State, Input, Output>
) {
  const state = machine.initial(config)
  const waiting: Array<Input> = []
  const orders: Array<Output> = []
  let busy = false

  const stepOne = (input: Input) => {
    machine.step(state, input, orders)
    // Nearly every step has one order. Taking it out keeps the array's room; setting a length of 0 gives the room away,
    // and a new one for each step was a tenth of the whole path.
    if (orders.length === 1) return body.perform(orders.pop() as Output, state)
    for (let at = 0; at < orders.length; at++) body.perform(orders[at] as Output, state)
    if (orders.length > 0) orders.length = 0
  }
  const take = (input: Input) => {
    if (core.closed) return
    if (busy) {
      waiting.push(input)
      return
    }
    busy = true
    try {
      stepOne(input)
      while (waiting.length > 0) stepOne(waiting.shift() as Input)
    } finally {
      busy = false
      if (orders.length > 0) orders.length = 0
    }
  }
  const core = {
    state,
    take,
    closed: false,
    close: () => {
      core.closed = true
    }
  }
  return core
}
