import { Buffer } from "node:buffer"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync, unlinkSync, writeFileSync } from "node:fs"
import { Socket } from "node:net"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { TemporaryFolderFailed } from "./KernelErrors.ts"

// Real pipes for children. Node's own "pipe" is a pair of sockets, on which `echo x > /dev/stderr` fails with ENXIO:
// scripts do that all the time. A named pipe that is opened at both ends and unlinked is an anonymous pipe.

/** Pipes that are made by one call of a program: enough for sixteen children, because the call is dearer than the pipes. */
const batch = 48

/** Our end and the child's end of one pipe. Whoever takes it owns both and closes the child's end after the spawn. */
export interface RealPipe {
  readonly ours: Socket
  readonly childEnd: number
}

/** Hands out pipes; the scope owns what has not been handed out. */
export interface RealPipes {
  /** Three pipes for one child: stdin, stdout, stderr. Undefined where named pipes cannot be made. */
  readonly take: Effect.Effect<readonly [stdin: RealPipe, stdout: RealPipe, stderr: RealPipe] | undefined>
  /** A private folder, for files that are unlinked as soon as they are open. */
  readonly folder: () => string
  /** The same, where it was when it was last used. */
  readonly lastFolder: () => string
}

/** Opens a text for reading, as a nameless file: the standard input of a program that gets all of it at once. */
export function openText(folder: string, text: string): number {
  if (text === "") return openSync("/dev/null", constants.O_RDONLY)
  const path = join(folder, `input-${randomUUID()}`)
  writeFileSync(path, text, { mode: 0o600, flag: "wx" })
  try {
    return openSync(path, constants.O_RDONLY)
  } finally {
    unlinkSync(path)
  }
}

/** Cleaners of temporary folders take away what was not touched for days: a folder that is gone is made again. */
export const makeRealPipes = (temporaryFolder: string): Effect.Effect<RealPipes, TemporaryFolderFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const makeFolder = (): string => mkdtempSync(join(temporaryFolder, "signalbox-pipes-"))
    let path: string = yield* Effect.acquireRelease(
      Effect.try({ try: makeFolder, catch: (error) => temporaryFolderFailed(temporaryFolder, error) }),
      () => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const folder = () => {
      if (!existsSync(path)) path = makeFolder()
      return path
    }
    const folderOrNone = () => {
      try {
        return folder()
      } catch {
        return undefined
      }
    }
    const free: Array<string> = []
    let made = 0
    const refill = Effect.suspend(() => {
      const here = folderOrNone()
      if (here === undefined) return Effect.succeed(false)
      const paths = Array.from({ length: batch }, () => join(here, String(made++)))
      return Effect.map(makeFifos(paths), (ok) => {
        if (ok) free.push(...paths)
        return ok
      })
    })
    // One refill at a time: who comes while it runs finds its pipes there.
    const filling = yield* Semaphore.make(1)
    const ensure = filling.withPermit(Effect.suspend(() => (free.length < 3 ? refill : Effect.succeed(true))))
    const take = Effect.gen(function* () {
      if (!existsSync(free[0] ?? "")) free.length = 0
      while (free.length < 3) if (!(yield* ensure)) return undefined
      const [stdin, stdout, stderr] = free.splice(0, 3) as [string, string, string]
      return yield* Effect.sync(() => openThree(stdin, stdout, stderr))
    })
    return { take, folder, lastFolder: () => path }
  })

function temporaryFolderFailed(folder: string, error: unknown): TemporaryFolderFailed {
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = "Name a folder that exists and in which files may be made, for instance with TMPDIR."
  const message = `No private folder could be made in the temporary folder ${folder}: ${reason}`
  return new TemporaryFolderFailed({ folder, reason, remedy, message })
}

function makeFifos(paths: ReadonlyArray<string>): Effect.Effect<boolean> {
  return Effect.callback<boolean>((resume) => {
    try {
      const child = spawn("mkfifo", ["-m", "600", ...paths], { stdio: "ignore" })
      child.once("error", () => resume(Effect.succeed(false)))
      child.once("exit", (code) => resume(Effect.succeed(code === 0)))
    } catch {
      // Some of what the system refuses is thrown, as when this process may have no more threads or memory.
      resume(Effect.succeed(false))
    }
  })
}

function openThree(stdin: string, stdout: string, stderr: string): readonly [RealPipe, RealPipe, RealPipe] | undefined {
  const opened: Array<number> = []
  const open = (path: string, flags: number) => {
    const fd = openSync(path, flags)
    opened.push(fd)
    return fd
  }
  try {
    const ends = [openForWriting(stdin, open), openForReading(stdout, open), openForReading(stderr, open)] as const
    for (const path of [stdin, stdout, stderr]) unlinkSync(path)
    const [input, output, errors] = ends
    return [
      { ours: new Socket({ fd: input.ours, readable: false, writable: true }), childEnd: input.child },
      { ours: readingSocket(output.ours), childEnd: output.child },
      { ours: readingSocket(errors.ours), childEnd: errors.child }
    ]
  } catch {
    for (const fd of opened) closeSync(fd)
    return undefined
  }
}

/** All pipes are read into the same bytes, one chunk after the other: fresh bytes for each chunk cost a tenth of a flood. */
const chunkBytes = Buffer.allocUnsafeSlow(64 * 1024)

/** A socket whose listener of `data` gets bytes that are overwritten when it returns. Until there is one, copies wait. */
function readingSocket(fd: number): Socket {
  const socket: Socket = new Socket({
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: chunkBytes,
      callback: (count) => {
        const chunk = chunkBytes.subarray(0, count)
        if (socket.readableFlowing !== true || socket.readableLength > 0) return socket.push(Buffer.from(chunk))
        socket.emit("data", chunk)
        return true
      }
    }
  })
  return socket
}

/** Our reading end is opened first and without waiting; the child's end is opened plainly, so that it blocks as usual. */
function openForReading(path: string, open: (path: string, flags: number) => number) {
  const ours = open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { ours, child: open(path, constants.O_WRONLY) }
}

/** A pipe without a reader cannot be opened for writing: one end that is both opens the door and is closed again. */
function openForWriting(path: string, open: (path: string, flags: number) => number) {
  const door = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  try {
    const child = open(path, constants.O_RDONLY)
    return { ours: open(path, constants.O_WRONLY | constants.O_NONBLOCK), child }
  } finally {
    closeSync(door)
  }
}
