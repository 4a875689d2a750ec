import { randomBytes } from "node:crypto"
import { tmpdir } from "node:os"
import { makeAgents, stdioAgent } from "@signalbox/agents"
import { HostConfig } from "@signalbox/protocol/config"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Host } from "../../src/index.ts"

// One run says so many megabytes while its reader sleeps after the first batch; nine others beside it are read to
// their ends. Reports as JSON what was read, what the flood's trace has, and what memory it took. Wants --expose-gc.

const [folder = "", megabytes = "20"] = process.argv.slice(2)
const lineBytes = 64 * 1024
const count = Math.ceil((Number(megabytes) * 1024 * 1024) / lineBytes)

const program = Effect.gen(function* () {
  const host = yield* Host
  const flood = yield* host.run({
    agent: "scripted",
    prompt: `say begun\nwait-for runs 10\nflood ${count} ${lineBytes}`
  })
  const sleeper = flood.batches()[Symbol.asyncIterator]()
  yield* Effect.promise(() => sleeper.next())
  const before = held()
  const nine = yield* Effect.forEach(upTo(9), () =>
    host.run({ agent: "scripted", prompt: "wait-for runs 10\ndelta 100 x" })
  )
  const counts = yield* Effect.forEach(nine, (run) => Effect.map(Stream.runCount(run.follow()), Number), {
    concurrency: "unbounded"
  })
  const ended = yield* flood.ended
  return { counts, events: ended.stats.events, outcome: ended.outcome, growth: held() - before }
})

function held(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function upTo(last: number): ReadonlyArray<number> {
  return Array.from({ length: last }, (_, index) => index + 1)
}

const layer = Host.layer({
  config: HostConfig.parse({ data_folder: folder }),
  agents: makeAgents([stdioAgent({ ...scriptedRunnerCommand(), name: "scripted" })]),
  launch: { nodePath: process.execPath, playbookEntry: undefined, find: () => undefined, settings: {} },
  environment: process.env,
  temporaryFolder: tmpdir(),
  random: (bytes) => randomBytes(bytes),
  watchdog: false
})
const report = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(layer)))
console.log(JSON.stringify({ ...report, count, rss: process.memoryUsage.rss() }))
