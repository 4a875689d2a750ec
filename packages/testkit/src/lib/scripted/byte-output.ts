import { closeSync, writeSync } from "node:fs"

// Exact bytes to stdout and stderr, at once: when `write` returns, the operating system has them, so a deed may end the
// process on its next line. A full pipe makes the whole program wait, as it does for every single-threaded runner.

export interface ByteOutput {
  /** Whether nobody can be reached any more: closed by us, or by the reader's end. */
  readonly isClosed: () => boolean
  readonly write: (bytes: string | Uint8Array) => void
  readonly close: () => void
}

/** Waits without giving the program's other runs a turn. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Owns a descriptor until `close`. A reader that is gone closes it; writing then does nothing. */
export function openByteOutput(descriptor: number): ByteOutput {
  let closed = false
  return {
    isClosed: () => closed,
    write: (bytes) => {
      if (!closed) closed = !writeAll(descriptor, typeof bytes === "string" ? Buffer.from(bytes) : bytes)
    },
    close: () => {
      if (!closed) closeSync(descriptor)
      closed = true
    }
  }
}

/** Answers whether somebody is there to read. */
function writeAll(descriptor: number, bytes: Uint8Array): boolean {
  let at = 0
  while (at < bytes.length) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === "EPIPE" || code === "ECONNRESET" || code === "EBADF") return false
      // A socket or pipe that somebody set to non-blocking is full: nothing was written, try again.
      if (code !== "EAGAIN" && code !== "EINTR") throw error
      standStill(1)
    }
  }
  return true
}
