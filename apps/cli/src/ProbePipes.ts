import { randomBytes } from "node:crypto"
import { tmpdir } from "node:os"
import { Processes } from "@signalbox/kernel"
import * as Effect from "effect/Effect"
import { notesToStderr } from "./EmbeddedHost.ts"

/** Starts a program as runs do and lets it open its own stderr by name, which only a real pipe allows. */
export function probePipes(): Promise<{ readonly exitCode: number | null }> {
  const layer = Processes.layer({
    environment: process.env,
    temporaryFolder: tmpdir(),
    token: randomBytes(16).toString("hex"),
    watchdog: false
  })
  const ignore = () => undefined
  const probing = Effect.gen(function* () {
    const processes = yield* Processes
    const child = yield* processes.spawn({
      command: { file: "sh", args: ["-c", "echo probe >/dev/stderr"] },
      hooks: { stdout: ignore, stderr: ignore, leaving: ignore, exited: ignore, stuck: ignore },
      input: "",
      stopGraceMs: 1_000,
      termGraceMs: 1_000,
      drainMs: 1_000,
      writeDeadlineMs: 1_000
    })
    const { exitCode } = yield* child.gone
    return { exitCode }
  })
  return Effect.runPromise(
    Effect.scoped(probing).pipe(
      Effect.catchTag("SpawnFailed", () => Effect.succeed({ exitCode: null })),
      Effect.provide(layer),
      Effect.provide(notesToStderr)
    )
  )
}
