import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, statSync } from "node:fs"
import { type Readable, Writable } from "node:stream"
import type { Command } from "@signalbox/machine"
import * as Effect from "effect/Effect"
import { SpawnFailed } from "./KernelErrors.ts"
import { openText, type RealPipe, type RealPipes } from "./RealPipes.ts"

/** A started program with our ends of its three pipes. It has a process group of its own, led by `pid`. */
export interface Child {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Calls back once, at once if the program has exited already. */
  readonly onExit: (listener: (exitCode: number | null, signal: string | null) => void) => void
}

export interface ChildOrder {
  readonly command: Command
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly pipes: RealPipes
  /** The whole standard input, where it is known beforehand. Without it stdin is a pipe. */
  readonly input?: string
  /** Asked in the moment before the program is started: false, and it is not. */
  readonly wanted?: () => boolean
}

/** Starts a program. Fails with the operating system's text; nothing is left open then. */
export const startChild = (order: ChildOrder): Effect.Effect<Child, SpawnFailed> =>
  Effect.flatMap(order.pipes.take, (pipes) =>
    Effect.callback<Child, SpawnFailed>((resume) => {
      if (order.wanted?.() === false) {
        closePipes(pipes)
        return resume(Effect.fail(notWanted(order.command)))
      }
      const started = trySpawn(order, pipes)
      if (started instanceof SpawnFailed) return resume(Effect.fail(started))
      let exit: { readonly code: number | null; readonly signal: string | null } | undefined
      let listener: ((exitCode: number | null, signal: string | null) => void) | undefined
      started.child.once("exit", (code, signal) => {
        exit = { code, signal }
        listener?.(code, signal)
      })
      started.child.once("error", (error) => {
        closeOurs(pipes)
        resume(Effect.fail(spawnFailed(order.command, error)))
      })
      started.child.once("spawn", () => {
        const { child, ends } = started
        const { pid } = child
        if (pid === undefined || ends === undefined) return
        const onExit: Child["onExit"] = (told) => {
          listener = told
          if (exit !== undefined) told(exit.code, exit.signal)
        }
        resume(Effect.succeed({ pid, ...ends, onExit }))
      })
    })
  )

type Ends = Pick<Child, "stdin" | "stdout" | "stderr">
type ThreePipes = readonly [stdin: RealPipe, stdout: RealPipe, stderr: RealPipe]

function trySpawn(order: ChildOrder, pipes: ThreePipes | undefined) {
  const { command, environment } = order
  let input: number | undefined
  try {
    // A named pipe that is opened anew (`cat /dev/stdin`) blocks for ever once its writer has gone; a file does not.
    if (order.input !== undefined) input = openText(order.pipes.folder(), order.input)
    const child = spawn(command.file, [...command.args], {
      detached: true,
      stdio: [input ?? pipes?.[0].childEnd ?? "pipe", pipes?.[1].childEnd ?? "pipe", pipes?.[2].childEnd ?? "pipe"],
      env: environment as NodeJS.ProcessEnv,
      ...(command.cwd === undefined ? {} : { cwd: command.cwd })
    })
    // Without a pid an `error` event follows, with the system's text; without that nobody would hear it.
    child.on("error", () => undefined)
    if (child.pid === undefined) return { child, ends: undefined }
    return { child, ends: endsOf(child, pipes, input !== undefined) }
  } catch (error) {
    closeOurs(pipes)
    return error instanceof SpawnFailed ? error : spawnFailed(command, error)
  } finally {
    for (const pipe of pipes ?? []) closeSync(pipe.childEnd)
    if (input !== undefined) closeSync(input)
  }
}

/**
 * Our ends of a started program's pipes. A program that lacks one is ended and refused by the pipe's name. Errors on the
 * pipes are no news of their own: the exit that follows tells the story.
 */
export function endsOf(child: ChildProcess, pipes: ThreePipes | undefined, hasInput: boolean): Ends {
  if (hasInput) pipes?.[0].ours.destroy()
  const ends = {
    stdin: hasInput ? new Writable({ write: (_chunk, _encoding, done) => done() }) : (pipes?.[0].ours ?? child.stdin),
    stdout: pipes?.[1].ours ?? child.stdout,
    stderr: pipes?.[2].ours ?? child.stderr
  }
  for (const [name, stream] of Object.entries(ends)) {
    if (stream === null || stream === undefined) {
      child.kill("SIGKILL")
      const message = `${child.spawnfile} was started, but its ${name} is missing`
      throw new SpawnFailed({ file: child.spawnfile, reason: "missing_pipe", message })
    }
    stream.on("error", () => undefined)
  }
  return ends as Ends
}

function closeOurs(pipes: ThreePipes | undefined): void {
  for (const pipe of pipes ?? []) pipe.ours.destroy()
}

function closePipes(pipes: ThreePipes | undefined): void {
  closeOurs(pipes)
  for (const pipe of pipes ?? []) closeSync(pipe.childEnd)
}

function notWanted({ file }: Command): SpawnFailed {
  return new SpawnFailed({ file, reason: "not_wanted", message: `${file} was not started: nobody wants it any more` })
}

function spawnFailed(command: Command, error: unknown): SpawnFailed {
  const reason = (error as NodeJS.ErrnoException).code ?? "unknown"
  const text = error instanceof Error ? error.message : String(error)
  return new SpawnFailed({
    file: command.file,
    reason,
    message: `${command.file} could not be started: ${explain(command, reason, text)}`
  })
}

/** Node says ENOENT of the program also when it is the working directory that does not exist. */
function explain(command: Command, reason: string, text: string): string {
  if (command.cwd !== undefined && (reason === "ENOENT" || reason === "ENOTDIR") && !isFolder(command.cwd)) {
    return `its working directory ${command.cwd} is not a folder (${text})`
  }
  if (reason === "ENOENT") return `there is no such program (${text})`
  if (reason === "EACCES") return `it is not executable (${text})`
  return text
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
