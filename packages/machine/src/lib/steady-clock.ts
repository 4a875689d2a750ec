// A machine's own time. The caller's clock may be set back; for a machine that counts as no time at all, so that a wait
// becomes longer by the step at most and never by the hour that a clock was corrected. A step forward is believed.

/** Part of a machine's state, and as long-lived. Plain data: it can be saved with the state. */
export interface SteadyClock {
  /** The last reading of the caller's clock. */
  last: number | null
  /** How far the machine's time runs ahead of the caller's. */
  lead: number
}

export function makeSteadyClock(): SteadyClock {
  return { last: null, lead: 0 }
}

/** Takes a reading of the caller's clock and returns the machine's time, which never runs backwards. */
export function readClock(clock: SteadyClock, now: number): number {
  if (clock.last !== null && now < clock.last) clock.lead += clock.last - now
  clock.last = now
  return now + clock.lead
}

/** A moment of the machine's time on the caller's clock. */
export function onCallersClock(clock: SteadyClock, moment: number): number {
  return moment - clock.lead
}
