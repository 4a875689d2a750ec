// Real pipes for the output of child programs. Node's own "pipe" is a pair of sockets, on which a script's
// `echo x > /dev/stderr` fails with ENXIO. A named pipe that is open at both ends and unlinked is an anonymous pipe.

import { spawn } from "node:child_process"
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, unlinkSync } from "node:fs"
import { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * One pipe from a child to us. Its taker owns it and must call `closeChildEnd` as soon as the child has its copy, and
 * `stream.destroy()` in the end. Full: the child waits. Our end gone: the child gets SIGPIPE. All writers gone: `end`.
 */
export interface RealPipe {
  readonly stream: Socket
  /** For the `stdio` list of `spawn`, as stdout, stderr or both. */
  readonly childEnd: number
  readonly closeChildEnd: () => void
  /** Reads what is in the pipe at this moment, past the stream; nothing when the pipe is empty or at its end. */
  readonly readNow: () => Buffer | undefined
}

/** Owned by the process; ends with `close`, which leaves the pipes alone that were handed out. */
export interface RealPipes {
  /** Undefined where named pipes cannot be made. Throws the system's error when no descriptor is left. */
  readonly open: () => Promise<RealPipe | undefined>
  readonly close: () => void
}

/** Named pipes made by one `mkfifo`: a start of it costs more than a pipe. */
const batchSize = 32
const chunkSize = 64 * 1024

interface Pool {
  readonly folder: string
  readonly free: Array<string>
  made: number
  filling: Promise<boolean> | undefined
}

export function makeRealPipes(): RealPipes {
  let pool: Pool | undefined
  let impossible = false
  const take = async (): Promise<string | undefined> => {
    while (!impossible) {
      pool ??= makePool()
      const path = pool?.free.pop()
      if (path !== undefined) return path
      impossible = pool === undefined || !(await refill(pool))
    }
    return undefined
  }
  return {
    open: async () => {
      const path = await take()
      return path === undefined ? undefined : openPipe(path)
    },
    close: () => {
      if (pool !== undefined) rmSync(pool.folder, { recursive: true, force: true })
      pool = undefined
    }
  }
}

function makePool(): Pool | undefined {
  try {
    return { folder: mkdtempSync(join(tmpdir(), "signalbox-pipes-")), free: [], made: 0, filling: undefined }
  } catch {
    return undefined
  }
}

/** Many may wait for the same batch. */
function refill(pool: Pool): Promise<boolean> {
  pool.filling ??= makeBatch(pool).finally(() => {
    pool.filling = undefined
  })
  return pool.filling
}

async function makeBatch(pool: Pool): Promise<boolean> {
  const paths = Array.from({ length: batchSize }, () => join(pool.folder, String(pool.made++)))
  const ok = await makeNamedPipes(paths)
  if (ok) pool.free.push(...paths)
  return ok
}

function makeNamedPipes(paths: ReadonlyArray<string>): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" })
    child.once("error", () => resolve(false))
    child.once("exit", (code) => resolve(code === 0))
  })
}

/**
 * The reading end is opened first and without waiting, so that opening the other one does not wait either. The two have
 * flags of their own: a child that gets the writing end blocks on it as programs expect.
 */
function openPipe(path: string): RealPipe {
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let childEnd: number | undefined
  try {
    childEnd = openSync(path, constants.O_WRONLY)
    unlinkSync(path)
    return pipeOf(readEnd, childEnd)
  } catch (error) {
    closeSync(readEnd)
    if (childEnd !== undefined) closeSync(childEnd)
    throw error
  }
}

function pipeOf(readEnd: number, childEnd: number): RealPipe {
  const stream = new Socket({ fd: readEnd, readable: true, writable: false })
  let open = true
  return {
    stream,
    childEnd,
    closeChildEnd: () => {
      if (open) closeSync(childEnd)
      open = false
    },
    readNow: () => (stream.destroyed ? undefined : readNow(readEnd))
  }
}

function readNow(fd: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(chunkSize)
  try {
    const size = readSync(fd, buffer)
    return size === 0 ? undefined : buffer.subarray(0, size)
  } catch {
    return undefined
  }
}
