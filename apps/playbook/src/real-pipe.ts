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
/** Somebody may tidy up the temporary folder under a program that lives for weeks: then everything is made anew. */
const mostAttempts = 3
const chunkSize = 64 * 1024

interface Pool {
  readonly folder: string
  readonly free: Array<string>
  made: number
  filling: Promise<Filling> | undefined
}

type Filling = "filled" | "failed" | "no such program"

export function makeRealPipes(): RealPipes {
  let pool: Pool | undefined
  let impossible = false
  const forget = (old: Pool) => {
    rmSync(old.folder, { recursive: true, force: true })
    if (pool === old) pool = undefined
  }
  const open = async (): Promise<RealPipe | undefined> => {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      if (!impossible) pool ??= makePool()
      const from = pool
      if (from === undefined) return undefined
      const pipe = await openFrom(from)
      if (typeof pipe === "object") return pipe
      impossible ||= pipe === "no such program"
      forget(from)
    }
    return undefined
  }
  return {
    open,
    close: () => {
      if (pool !== undefined) forget(pool)
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

async function openFrom(pool: Pool): Promise<RealPipe | Exclude<Filling, "filled">> {
  for (;;) {
    const path = pool.free.pop()
    if (path !== undefined) return openPipe(path) ?? "failed"
    const filling = await refill(pool)
    if (filling !== "filled") return filling
  }
}

/** Many may wait for the same batch. */
function refill(pool: Pool): Promise<Filling> {
  pool.filling ??= makeBatch(pool).finally(() => {
    pool.filling = undefined
  })
  return pool.filling
}

async function makeBatch(pool: Pool): Promise<Filling> {
  const paths = Array.from({ length: batchSize }, () => join(pool.folder, String(pool.made++)))
  const filling = await makeNamedPipes(paths)
  if (filling === "filled") pool.free.push(...paths)
  return filling
}

function makeNamedPipes(paths: ReadonlyArray<string>): Promise<Filling> {
  return new Promise((resolve) => {
    const child = spawn("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" })
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ENOENT" ? "no such program" : "failed")
    )
    child.once("exit", (code) => resolve(code === 0 ? "filled" : "failed"))
  })
}

/**
 * The reading end is opened first and without waiting, so that opening the other one does not wait either. The two have
 * flags of their own: a child that gets the writing end blocks on it as programs expect. Undefined when the named pipe
 * is gone.
 */
function openPipe(path: string): RealPipe | undefined {
  const readEnd = openIfThere(path)
  if (readEnd === undefined) return undefined
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

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
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
