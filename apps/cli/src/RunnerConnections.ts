import { randomBytes } from "node:crypto"
import { tmpdir } from "node:os"
import { Processes } from "@signalbox/kernel"
import type { Connect, Connection, RunnerExit } from "@signalbox/testkit"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { makeChunks } from "./chunks.ts"
import { notesToStderr } from "./EmbeddedHost.ts"

// The conformance suite's port to a runner, made of the kernel's processes.

export interface RunnerProgram {
  readonly file: string
  readonly args: ReadonlyArray<string>
}

/** Lets `use` start runners. When this resolves none of them is left. */
export function visitRunners<Result>(
  program: RunnerProgram,
  use: (connect: Connect) => Promise<Result>
): Promise<Result> {
  const layer = Processes.layer({
    environment: process.env,
    temporaryFolder: tmpdir(),
    token: randomBytes(16).toString("hex"),
    watchdog: true
  })
  const using = Effect.gen(function* () {
    const processes = yield* Processes
    const all = yield* Scope.Scope
    return yield* Effect.promise(() => use(() => Effect.runPromise(connect(processes, program, all))))
  })
  return Effect.runPromise(Effect.scoped(using).pipe(Effect.provide(layer), Effect.provide(notesToStderr)))
}

/** The suite judges how a runner stops by itself; what it then kills has had its time. */
const times = { stopGraceMs: 1_000, termGraceMs: 1_000, drainMs: 2_000, writeDeadlineMs: 60_000 }

const connect = (processes: Processes["Service"], program: RunnerProgram, all: Scope.Scope) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(all)
    const stdout = makeChunks()
    const stderr = makeChunks()
    let leave: (exit: RunnerExit) => void = () => undefined
    const exited = new Promise<RunnerExit>((resolve) => {
      leave = resolve
    })
    const child = yield* Scope.provide(
      processes.spawn({
        command: program,
        ...times,
        hooks: {
          stdout: stdout.push,
          stderr: stderr.push,
          leaving: () => undefined,
          stuck: () => undefined,
          exited: ({ exitCode, signal }) => {
            stdout.end()
            stderr.end()
            leave({ code: exitCode, signal })
          }
        }
      }),
      scope
    ).pipe(Effect.onError(() => Scope.close(scope, Exit.void)))
    const connection: Connection = {
      write: async (bytes) => child.write(bytes),
      endInput: async () => child.endInput(),
      stdout: stdout.all,
      stderr: stderr.all,
      exited,
      kill: () => {
        child.stop(true)
        child.stop(true)
        return Effect.runPromise(Scope.close(scope, Exit.void))
      }
    }
    return connection
  })
