import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Tells the watchdog which process groups to end should this host be killed. */
export interface Watchdog {
  /** `born`: the birth of the group's leader, by which the group is known from a later one with its number. */
  readonly add: (pid: number, born: number) => void
  readonly remove: (pid: number) => void
  /** The pid of the watchdog's own process; undefined when it could not be started. */
  readonly pid: () => number | undefined
}

const readyMs = 5_000
const mostStarts = 5

/**
 * Starts the watchdog and waits until it is ready, so that no child is ever without one. The scope owns it: when the
 * scope closes in order, the watchdog leaves at once. A watchdog that dies is replaced and told everything again.
 */
export const makeWatchdog = (token: string): Effect.Effect<Watchdog, never, Scope.Scope> =>
  Effect.gen(function* () {
    const entry = watchdogEntry()
    const groups = new Map<number, number>()
    let child: ChildProcess | undefined
    let starts = 0
    let closed = false

    const tell = (line: string) => {
      if (child?.stdin?.writable === true) child.stdin.write(line)
    }
    const start = (onReady: () => void) => {
      if (closed || ++starts > mostStarts) return onReady()
      const started = spawnWatchdog(entry, token, onReady)
      child = started
      for (const [pid, born] of groups) tell(`+ ${pid} ${born}\n`)
      started.once("exit", () => {
        if (child === started) start(() => undefined)
      })
    }
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => start(() => resume(Effect.void))).pipe(
        Effect.timeoutOrElse({
          duration: readyMs,
          orElse: () =>
            Effect.logWarning("the watchdog did not report that it is ready; children may outlive a killed host")
        })
      ),
      () =>
        Effect.sync(() => {
          closed = true
          tell(".\n")
          child?.stdin?.end()
        })
    )
    return {
      add: (pid, born) => {
        groups.set(pid, born)
        tell(`+ ${pid} ${born}\n`)
      },
      remove: (pid) => {
        groups.delete(pid)
        tell(`- ${pid}\n`)
      },
      pid: () => child?.pid
    }
  })

/** Beside this module: `watchdog.ts` in the sources, `watchdog.js` in a build and in a bundle. */
function watchdogEntry(): string {
  const places = ["./watchdog.js", "../watchdog.ts", "../watchdog.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url))
  )
  return places.find((path) => existsSync(path)) ?? (places[0] as string)
}

/** Detached: a session of its own, out of reach of the terminal's signals. It never keeps this process alive. */
function spawnWatchdog(entry: string, token: string, onReady: () => void): ChildProcess {
  const child = spawn(process.execPath, [entry, token], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    env: {},
    cwd: "/"
  })
  child.once("error", onReady)
  child.once("exit", onReady)
  child.stdin.on("error", () => undefined)
  child.stdout.once("data", onReady)
  child.unref()
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref?: () => void }).unref?.()
  return child
}
