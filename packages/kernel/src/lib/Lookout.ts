import type { Census } from "./Sweep.ts"

// One look at /proc for all who hunt at the same time. Beside a thousand processes a look takes several milliseconds in
// which nothing else happens: so looks are shared, and no more than about a tenth of the time is spent on them.

const leastPauseMs = 25
const mostPauseMs = 500
const pausePerCost = 10

/** One per host; ends with the last of those who wait. */
export interface Lookout {
  /** What was seen at most 25 ms ago, or is seen now: for signals, which may miss who was born since. */
  readonly recent: () => Census
  /** Tells what is seen from now on: at once, or when the pause after the last look is over. Never what was seen before. */
  readonly next: (then: (census: Census) => void) => void
}

export interface LookoutParts {
  readonly look: () => Census
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly after: (ms: number, then: () => void) => void
}

export function makeLookout({ look, now, after }: LookoutParts): Lookout {
  let last: { readonly census: Census; readonly at: number; pauseEnd: number } | undefined
  let waiting: Array<(census: Census) => void> = []
  let arranged = false

  const lookNow = () => {
    const at = now()
    const seen = { census: look(), at, pauseEnd: at + leastPauseMs }
    last = seen
    return seen
  }
  const serve = () => {
    arranged = false
    const seen = lookNow()
    const served = waiting
    waiting = []
    for (const then of served) then(seen.census)
    // What the hunts themselves read belongs to the price.
    const end = now()
    seen.pauseEnd = end + Math.min(mostPauseMs, Math.max(leastPauseMs, (end - seen.at) * pausePerCost))
  }
  return {
    recent: () => (last !== undefined && now() - last.at < leastPauseMs ? last : lookNow()).census,
    next: (then) => {
      waiting.push(then)
      if (arranged) return
      arranged = true
      const left = (last?.pauseEnd ?? 0) - now()
      if (left <= 0) serve()
      else after(Math.ceil(left), serve)
    }
  }
}
