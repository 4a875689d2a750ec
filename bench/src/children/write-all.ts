import { writeSync } from "node:fs"

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes all bytes to a descriptor, waiting while the pipe is full. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}
