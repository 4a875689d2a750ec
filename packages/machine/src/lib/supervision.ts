import type { Machine } from "./machine.ts"
import { makeSteadyClock, onCallersClock, readClock, type SteadyClock } from "./steady-clock.ts"

// When the runner of one place may be started. Runners start lazily, come back after a death with a growing delay, and
// stop coming back when they die too often:
//
//   idle --wanted--> starting --started--> up --died--> backing-off --delay over--> idle, or starting when still wanted
//   died for the breaker's count in its period --> open --time over--> half-open --wanted--> starting, up
//   up behind a half-open breaker: a proof or a whole period of life closes it, a death opens it again

export interface SupervisionConfig {
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** So many deaths within `breakerPeriodMs` open the breaker. */
  readonly breakerDeaths: number
  readonly breakerPeriodMs: number
  /** How long an open breaker refuses every start. */
  readonly breakerOpenMs: number
}

/**
 * Facts about a process may carry its `generation`: one that is not the current generation's is ignored. Without it
 * they speak of the current one.
 */
export type SupervisionInput =
  /** Somebody needs a runner. Holds until `unwanted` or a failed start. */
  | { readonly type: "wanted" }
  /** Nobody needs one any more. A start that was ordered is not called back. */
  | { readonly type: "unwanted" }
  | { readonly type: "started"; readonly now: number; readonly generation?: number }
  /** The program could not be started. Whoever waits is told; the next wish tries again at once. */
  | { readonly type: "start-failed"; readonly now: number; readonly generation?: number }
  /** Also when it was killed because it was of no use. `chance` in [0, 1) spreads the delay. */
  | { readonly type: "died"; readonly now: number; readonly chance: number; readonly generation?: number }
  /** The runner ended because it was told to: no death. */
  | { readonly type: "stopped"; readonly generation?: number }
  /** The runner ended a run well. */
  | { readonly type: "proved"; readonly now: number; readonly generation?: number }
  | { readonly type: "tick"; readonly now: number }

export type SupervisionOutput =
  | { readonly type: "start"; readonly generation: number }
  /** `until` (on the caller's clock) is said when the breaker opens. */
  | { readonly type: "breaker"; readonly state: BreakerState; readonly until?: number }

export type BreakerState = "closed" | "open" | "half-open"
export type SupervisionPhase = "idle" | "starting" | "up" | "backing-off" | "open" | "half-open"

export interface SupervisionState {
  readonly config: SupervisionConfig
  readonly clock: SteadyClock
  phase: SupervisionPhase
  breaker: BreakerState
  wanted: boolean
  generation: number
  /** When runners died, in machine time; at most `breakerDeaths` of them. */
  deaths: Array<number>
  /** End of the delay, of the open breaker, or of the probation behind a half-open one, in machine time. */
  until: number | null
}

/** What a person or a metric sees of a place. */
export interface SupervisionView {
  readonly phase: SupervisionPhase
  readonly breaker: BreakerState
  readonly wanted: boolean
  readonly generation: number
  /** Deaths within the period, as of the last input that told the time. */
  readonly deaths: number
  /** When the phase ends by itself, on the caller's clock. */
  readonly until?: number
}

/**
 * One per runner place. A failed start counts neither for the delay nor for the breaker and needs no brake of its own:
 * it takes the wish away, so every further try is caused by somebody who asks again and hears why it failed. A place
 * that stays wanted through a death gets its next runner after the delay by itself.
 */
export const supervision: Machine<SupervisionConfig, SupervisionState, SupervisionInput, SupervisionOutput> = {
  initial: (config) => ({
    config,
    clock: makeSteadyClock(),
    phase: "idle",
    breaker: "closed",
    wanted: false,
    generation: 0,
    deaths: [],
    until: null
  }),
  step: (state, input, out) => {
    const at = "now" in input ? readClock(state.clock, input.now) : 0
    if ("generation" in input && input.generation !== undefined && input.generation !== state.generation) return
    switch (input.type) {
      case "wanted":
        state.wanted = true
        if (state.phase === "idle" || state.phase === "half-open") start(state, out)
        return
      case "unwanted":
        state.wanted = false
        return
      case "started":
        if (state.phase === "starting") rise(state, at)
        return
      case "start-failed":
        if (state.phase !== "starting") return
        state.wanted = false
        return rest(state, out)
      case "died":
        return isLiving(state) ? bury(state, { at, chance: input.chance }, out) : undefined
      case "stopped":
        return isLiving(state) ? rest(state, out) : undefined
      case "proved":
        return state.phase === "up" && state.breaker === "half-open" ? closeBreaker(state, out) : undefined
      case "tick":
        return state.until !== null && at >= state.until ? endWait(state, out) : undefined
    }
  },
  deadline: (state) => (state.until === null ? undefined : onCallersClock(state.clock, state.until))
}

export function viewSupervision(state: SupervisionState): SupervisionView {
  const { phase, breaker, wanted, generation, config, clock } = state
  const now = clock.last === null ? 0 : clock.last + clock.lead
  const deaths = state.deaths.filter((death) => now - death < config.breakerPeriodMs).length
  const view = { phase, breaker, wanted, generation, deaths }
  return state.until === null ? view : { ...view, until: onCallersClock(clock, state.until) }
}

function isLiving(state: SupervisionState): boolean {
  return state.phase === "starting" || state.phase === "up"
}

function start(state: SupervisionState, out: Array<SupervisionOutput>): void {
  state.phase = "starting"
  state.until = null
  state.generation += 1
  out.push({ type: "start", generation: state.generation })
}

function rise(state: SupervisionState, at: number): void {
  state.phase = "up"
  state.until = state.breaker === "half-open" ? at + state.config.breakerPeriodMs : null
}

/** Nothing runs and nothing is waited for: the next wish starts, and one that still stands starts now. */
function rest(state: SupervisionState, out: Array<SupervisionOutput>): void {
  state.phase = state.breaker === "half-open" ? "half-open" : "idle"
  state.until = null
  if (state.wanted) start(state, out)
}

function bury(
  state: SupervisionState,
  death: { readonly at: number; readonly chance: number },
  out: Array<SupervisionOutput>
): void {
  const { breakerDeaths, breakerPeriodMs } = state.config
  const recent = state.deaths.filter((earlier) => death.at - earlier < breakerPeriodMs)
  state.deaths = [...recent, death.at].slice(-breakerDeaths)
  if (state.breaker === "half-open" || state.deaths.length >= breakerDeaths) return openBreaker(state, death.at, out)
  state.phase = "backing-off"
  state.until = death.at + delay(state.config, state.deaths.length, death.chance)
}

/** Equal jitter: half of the delay is certain, half is chance. So no runner returns at once, and no two together. */
function delay(config: SupervisionConfig, deaths: number, chance: number): number {
  const whole = Math.min(config.backoffMaxMs, config.backoffMinMs * 2 ** (deaths - 1))
  return whole / 2 + (whole / 2) * chance
}

function openBreaker(state: SupervisionState, at: number, out: Array<SupervisionOutput>): void {
  state.phase = "open"
  state.breaker = "open"
  state.until = at + state.config.breakerOpenMs
  out.push({ type: "breaker", state: "open", until: onCallersClock(state.clock, state.until) })
}

function closeBreaker(state: SupervisionState, out: Array<SupervisionOutput>): void {
  state.breaker = "closed"
  state.deaths = []
  state.until = null
  out.push({ type: "breaker", state: "closed" })
}

function endWait(state: SupervisionState, out: Array<SupervisionOutput>): void {
  if (state.phase === "up") return closeBreaker(state, out)
  if (state.phase === "open") {
    state.breaker = "half-open"
    out.push({ type: "breaker", state: "half-open" })
  }
  rest(state, out)
}
