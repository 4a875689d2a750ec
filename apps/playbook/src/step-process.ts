// One started step: a shell in a process group of its own, stdin empty, stdout and stderr together in one pipe, so that
// they arrive in the order in which they were written.

import { type ChildProcess, spawn } from "node:child_process"
import type { Socket } from "node:net"
import type { RealPipe } from "./real-pipe.ts"

export interface StepOrder {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Undefined: Node's own sockets, on which `> /dev/stdout` does not work. Owned by the step from here on. */
  readonly pipe: RealPipe | undefined
}

/** How the shell ended. `error` when it could not be started at all. */
export interface ShellExit {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly error?: string
}

export interface StepProcess {
  /** Leader of the step's process group; undefined when the shell could not be started. */
  readonly group: number | undefined
  /**
   * The next piece of output, or undefined when the shell has exited and everything that it wrote is read. What is not
   * read stays in the pipe and makes the step wait.
   */
  readonly read: () => Promise<Buffer | undefined>
  readonly exit: Promise<ShellExit>
  /** To be called once, after the last read: our end of the output when something still holds the other end. */
  readonly takeOutput: () => Socket | undefined
}

/** A pipe holds 64 KiB, on request 1 MiB: more than that was not written before the exit. */
const mostDrainedBytes = 1024 * 1024
/** Only for sockets, which cannot be asked whether they are empty. */
const socketDrainMs = 100

export function startStep(order: StepOrder): StepProcess {
  const { pipe } = order
  let child: ChildProcess
  try {
    child = spawnShell(order)
  } catch (error) {
    pipe?.stream.destroy()
    return notStarted(error)
  } finally {
    pipe?.closeChildEnd()
  }
  const exit = exitOf(child)
  const stream = pipe?.stream ?? (child.stdout as Socket)
  return { group: child.pid, exit, ...outputOf(stream, exit, pipe) }
}

function spawnShell({ file, args, cwd, env, pipe }: StepOrder): ChildProcess {
  const options = { cwd, env, detached: true }
  if (pipe !== undefined) return spawn(file, args, { ...options, stdio: ["ignore", pipe.childEnd, pipe.childEnd] })
  return spawn("/bin/sh", ["-c", 'exec "$@" 2>&1', "sh", file, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "ignore"]
  })
}

function notStarted(error: unknown): StepProcess {
  const exit = { exitCode: null, signal: null, error: error instanceof Error ? error.message : String(error) }
  return {
    group: undefined,
    exit: Promise.resolve(exit),
    read: () => Promise.resolve(undefined),
    takeOutput: () => undefined
  }
}

function exitOf(child: ChildProcess): Promise<ShellExit> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: null, signal: null, error: error.message }))
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }))
  })
}

function outputOf(stream: Socket, exit: Promise<unknown>, pipe: RealPipe | undefined) {
  let exited = false
  let ended = false
  let drained = 0
  let drainEnd: number | undefined
  let wake = () => {}
  const onReadable = () => wake()
  const onEnd = () => {
    ended = true
    wake()
  }
  stream.on("readable", onReadable)
  stream.once("end", onEnd)
  stream.once("close", onEnd)
  // An error of the pipe closes it; the exit of the shell tells the story.
  stream.on("error", () => undefined)
  exit.then(() => {
    exited = true
    wake()
  })

  /** After the exit: what is in the pipe now was written before, by the shell or by what it left behind. */
  const drain = async (): Promise<Buffer | undefined> => {
    if (pipe !== undefined) return drained < mostDrainedBytes ? pipe.readNow() : undefined
    drainEnd ??= performance.now() + socketDrainMs
    const leftMs = drainEnd - performance.now()
    if (leftMs <= 0 || ended) return undefined
    await Promise.race([woken(), new Promise((resolve) => setTimeout(resolve, leftMs))])
    return stream.read() ?? drain()
  }
  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  const read = async (): Promise<Buffer | undefined> => {
    for (;;) {
      const chunk: Buffer | null = drained < mostDrainedBytes ? stream.read() : null
      if (chunk !== null) return counted(chunk)
      if (ended) await exit
      if (exited) return counted(await drain())
      await woken()
    }
  }
  const counted = (chunk: Buffer | undefined) => {
    if (exited) drained += chunk?.length ?? 0
    return chunk
  }
  const takeOutput = () => {
    stream.removeListener("readable", onReadable)
    if (!ended) return stream
    stream.destroy()
    return undefined
  }
  return { read, takeOutput }
}
