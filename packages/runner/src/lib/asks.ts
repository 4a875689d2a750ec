// The questions of one run that wait for an answer.

/** Owned by the run; ends with `close`. */
export interface Asks {
  /** Opens a question under a request id that is new in this run. `say` sends it, and may throw. */
  readonly open: (say: (request: string) => void) => Promise<unknown>
  /** Answers a question. Unknown requests, and a second answer, are without effect. */
  readonly answer: (request: unknown, value: unknown) => void
  /** No answer can come any more: rejects every open question and every later one. The first reason stays. */
  readonly close: (reason: Error) => void
}

interface OpenAsk {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: Error) => void
}

export function makeAsks(): Asks {
  const open = new Map<unknown, OpenAsk>()
  let count = 0
  let closed: Error | undefined
  return {
    open: (say) => {
      const answered = new Promise<unknown>((resolve, reject) => {
        if (closed !== undefined) return reject(closed)
        count += 1
        const request = `ask-${count}`
        say(request)
        open.set(request, { resolve, reject })
      })
      // A handler that left without waiting for its question must not bring the process down.
      answered.catch(() => undefined)
      return answered
    },
    answer: (request, value) => {
      const ask = open.get(request)
      open.delete(request)
      ask?.resolve(value)
    },
    close: (reason) => {
      closed ??= reason
      for (const ask of open.values()) ask.reject(closed)
      open.clear()
    }
  }
}
