import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
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
/** A watchdog that lived so long was well; one that lives shorter is replaced later each time. */
const healthyMs = 10_000
const firstDelayMs = 50
const longestDelayMs = 30_000

/**
 * `folder`: the private folder of the pipes, which the watchdog removes after a host that was killed.
 * Starts the watchdog and waits until it is ready, so that no child is ever without one. The scope owns it: when the
 * scope closes in order, the watchdog leaves at once. A watchdog that dies is replaced and told everything again, after a pause that
 * grows while they die young.
 */
export const makeWatchdog = (token: string, folder: () => string): Effect.Effect<Watchdog, never, Scope.Scope> =>
  Effect.gen(function* () {
    const entry = watchdogEntry()
    const groups = new Map<number, number>()
    let child: ChildProcess | undefined
    let closed = false
    let toldFolder = ""
    const tellFolder = () => {
      if (folder() === toldFolder) return
      toldFolder = folder()
      tell(`/ ${encodeURIComponent(toldFolder)}\n`)
    }
    const replacing = yield* makeReplacing

    const tell = (line: string) => {
      if (child?.stdin?.writable === true) child.stdin.write(line)
    }
    const start = (onReady: () => void) => {
      if (closed) return onReady()
      const again = replacing(() => start(() => undefined))
      const started = spawnWatchdog(entry, token, onReady)
      child = started
      toldFolder = ""
      tellFolder()
      for (const [pid, born] of groups) tell(`+ ${pid} ${born}\n`)
      const lost = () => {
        if (closed || child !== started) return
        child = undefined
        again()
      }
      started.once("exit", lost)
      started.once("error", lost)
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
        tellFolder()
        tell(`+ ${pid} ${born}\n`)
      },
      remove: (pid) => {
        groups.delete(pid)
        tell(`- ${pid}\n`)
      },
      pid: () => child?.pid
    }
  })

/** Called at a start, gives what is to be called at its end. The first loss is made good at once: nothing watches then. */
const makeReplacing = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const later = yield* FiberHandle.makeRuntime<never>()
  const log = Effect.runForkWith(yield* Effect.context<never>())
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  let failures = 0
  return (start: () => void) => {
    const since = now()
    return () => {
      failures = now() - since >= healthyMs ? 1 : failures + 1
      const delay = failures === 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 2))
      const when = delay === 0 ? "at once" : `in ${delay} ms`
      log(Effect.logWarning(`the watchdog ended by itself; another one is started ${when}`))
      if (delay === 0) start()
      else later(Effect.andThen(Effect.sleep(delay), Effect.sync(start)))
    }
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
