import { randomBytes } from "node:crypto"
import { tmpdir } from "node:os"
import { makeAgents, stdioAgent } from "@signalbox/agents"
import { HostConfig } from "@signalbox/protocol/config"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Host } from "../../src/index.ts"

// A run that says more than its trace may hold: to be started under a limit of the size of files. Reports as JSON how the
// run ended, what its reader saw, and how a short run did beside it.

const [folder = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const host = yield* Host
  const large = yield* host.run({ agent: "scripted", prompt: "flood 400 4000\nwait 600000", run_id: "large" })
  const small = yield* host.run({ agent: "scripted", prompt: "say hello", run_id: "small" })
  const lines = yield* Stream.runCollect(large.follow())
  const last = JSON.parse(lines.at(-1)?.text ?? "null")
  return { ended: yield* large.ended, small: yield* small.ended, seqs: lines.map((line) => line.seq), last }
})

const layer = Host.layer({
  config: HostConfig.parse({ data_folder: folder }),
  agents: makeAgents([stdioAgent({ ...scriptedRunnerCommand(), name: "scripted" })]),
  launch: { nodePath: process.execPath, playbookEntry: undefined, find: () => undefined, settings: {} },
  environment: process.env,
  temporaryFolder: tmpdir(),
  random: (bytes) => randomBytes(bytes),
  watchdog: false
})
console.log(JSON.stringify(await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))))
