import type { Writable } from "node:stream"

// Standard output with backpressure, and with an end: a reader that has gone is news, not a crash.

export interface Output {
  /** Resolves when more may be written: at once while there is room, and at once when nobody reads any more. */
  readonly write: (text: string) => Promise<void>
  /** Writes without waiting; for the few bytes of a line that is drawn over. */
  readonly draw: (text: string) => void
  /** Whether the reader has gone, or was given up. */
  readonly isOver: () => boolean
  readonly isGone: () => boolean
  /** Resolves when the reader has gone; it may never. */
  readonly gone: Promise<void>
  /** The reader is stuck and nobody waits for it any more: what is written from now on is dropped. */
  readonly giveUp: () => void
}

/** Owns the stream's `error`. Memory: what the stream holds, and one text that waits. */
export function makeOutput(stream: Writable): Output {
  let isGone = false
  let isOver = false
  let leave: () => void = () => undefined
  const gone = new Promise<void>((resolve) => {
    leave = resolve
  })
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const one of [...waiting]) one()
  }
  stream.on("drain", wake)
  stream.on("error", () => {
    isGone = isOver = true
    leave()
    wake()
  })
  const room = () =>
    new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done)
        resolve()
      }
      waiting.add(done)
      // The error may have come from within the write.
      if (isOver) done()
    })
  return {
    write: async (text) => {
      if (isOver || text === "") return
      if (!stream.write(text)) await room()
    },
    draw: (text) => {
      if (!isOver) stream.write(text)
    },
    isOver: () => isOver,
    isGone: () => isGone,
    gone,
    giveUp: () => {
      isOver = true
      wake()
    }
  }
}
