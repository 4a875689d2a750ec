import { constants } from "node:os"

// Signals that ask the program to leave. The third ends it at once; the watchdog then ends what is left.

export interface Interrupts {
  /** The first signal that came. */
  readonly first: () => NodeJS.Signals | undefined
  /** Calls the listener for the first and for the second signal, also for those that came before. One listener. */
  readonly listen: (listener: (signal: NodeJS.Signals, count: number) => void) => void
}

/** Owned by the program: it ends with it. */
export function watchInterrupts(): Interrupts {
  const heard: Array<NodeJS.Signals> = []
  let listener: ((signal: NodeJS.Signals, count: number) => void) | undefined
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      heard.push(signal)
      if (heard.length > 2) process.exit(exitCodeOf(signal))
      listener?.(signal, heard.length)
    })
  }
  return {
    first: () => heard[0],
    listen: (next) => {
      listener = next
      heard.forEach((signal, index) => next(signal, index + 1))
    }
  }
}

/** As shells count: 128 and the number of the signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
