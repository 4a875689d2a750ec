import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { SpawnFailed, TemporaryFolderFailed } from "./KernelErrors.ts"
import { type Process, type ProcessOrder, spawnProcess } from "./Process.ts"
import { makeLookout } from "./Lookout.ts"
import { makeRealPipes } from "./RealPipes.ts"
import { takeCensus } from "./Sweep.ts"
import { makeWatchdog } from "./Watchdog.ts"

/** What the app knows of its surroundings. */
export interface ProcessesConfig {
  /** The environment that children inherit, usually `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where pipes are made, usually `os.tmpdir()`. */
  readonly temporaryFolder: string
  /** Unique per host, at least 16 characters that others cannot have by chance. Children carry it in their environment. */
  readonly token: string
  /** Whether a watchdog ends what is left should this process be killed. Off only where an outer host already does it. */
  readonly watchdog: boolean
}

/** Starts processes: the only place in the house that does. The layer owns the watchdog and the folder of the pipes. */
export class Processes extends Context.Service<
  Processes,
  {
    readonly spawn: (order: ProcessOrder) => Effect.Effect<Process, SpawnFailed, Scope.Scope>
    /** The text that the environment cookie of every child contains. */
    readonly token: string
    readonly watchdogPid: () => number | undefined
  }
>()("@signalbox/kernel/Processes") {
  static readonly layer = (config: ProcessesConfig): Layer.Layer<Processes, TemporaryFolderFailed> =>
    Layer.effect(
      Processes,
      Effect.gen(function* () {
        const pipes = yield* makeRealPipes(config.temporaryFolder)
        const watchdog = config.watchdog ? yield* makeWatchdog(config.token, pipes.lastFolder) : undefined
        const clock = yield* Clock.Clock
        const timer = yield* FiberHandle.makeRuntime<never>()
        const lookout = makeLookout({
          look: takeCensus,
          now: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
          after: (ms, then) => void timer(Effect.andThen(Effect.sleep(ms), Effect.sync(then)))
        })
        let number = 0
        const nextNumber = () => ++number
        const { environment, token } = config
        return {
          spawn: (order) => spawnProcess({ token, environment, pipes, watchdog, lookout, nextNumber }, order),
          token,
          watchdogPid: () => watchdog?.pid()
        }
      })
    )
}
