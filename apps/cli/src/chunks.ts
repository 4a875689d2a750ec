// Chunks that are pushed, read as a sequence.

/** Owned by one process. Unbounded: whoever pushes cannot be held back, and the reader is a part of this program. */
export interface Chunks {
  readonly push: (chunk: Uint8Array) => void
  /** Nothing follows. */
  readonly end: () => void
  /** Read once. */
  readonly all: AsyncIterable<Uint8Array>
}

export function makeChunks(): Chunks {
  const waiting: Array<Uint8Array> = []
  let over = false
  let wake: () => void = () => undefined
  const read = async function* () {
    for (;;) {
      const chunk = waiting.shift()
      if (chunk !== undefined) yield chunk
      else if (over) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  return {
    push: (chunk) => {
      waiting.push(chunk)
      wake()
    },
    end: () => {
      over = true
      wake()
    },
    all: read()
  }
}
