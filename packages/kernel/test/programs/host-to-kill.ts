import { tmpdir } from "node:os"
import { until } from "@signalbox/proof"
import { RestartConfig, RunnerConfig } from "@signalbox/protocol/config"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import { stdioAgent } from "@signalbox/agents"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { makeSupervisor, Processes } from "../../src/index.ts"
import { eventOf, listen } from "../heard.ts"

// A host with a runner that has grandchildren of all kinds. Prints its pids as one line of JSON and waits to be killed.
// With `kill-watchdog` it kills its own watchdog first and waits for the next one. With `hide` the runner leaves at the
// end of its input, and a moment later its parent; that parent's other child has no cookie and a session of its own.

const [token = "", option] = process.argv.slice(2)
const hides = option === "hide"
const traits = ["", "ignore-term", "new-session", "double", "ignore-term new-session double"]

const host = Effect.gen(function* () {
  const processes = yield* Processes
  const command = hides ? hiding(scriptedRunnerCommand()) : scriptedRunnerCommand(["--ignore-eof"])
  const { name, lifetime, dialect } = stdioAgent(command)
  const supervisor = yield* makeSupervisor({
    agent: { name, lifetime, dialect, launch: () => ({ ok: true, command }) },
    runner: RunnerConfig.parse({}),
    restart: RestartConfig.parse({})
  })
  const run = listen("a")
  const forks = traits.map((words) => `fork ${words}`).join("\n")
  const prompt = hides ? "env HIDDEN\nsay ready\nhang" : `${forks}\nignore-term\nsay ready\nhang`
  yield* supervisor.open({ id: run.id, params: { prompt }, sink: run.sink })
  yield* Effect.promise(() => eventOf(run, "item.completed"))
  if (option === "kill-watchdog") yield* Effect.promise(() => replaceWatchdog(processes.watchdogPid))
  const forked = run.events
    .filter((event) => event.type !== "item.completed")
    .map(({ pid, value }) => pid ?? Number(value))
  console.log(
    JSON.stringify({ pids: [supervisor.view().runners[0]?.pid, ...forked], watchdog: processes.watchdogPid() })
  )
  return yield* Effect.never
})

function hiding({ file, args }: ReturnType<typeof scriptedRunnerCommand>) {
  const script = 'env -i setsid sleep 600 <&- >&- 2>&- & HIDDEN=$! "$@"; sleep 0.5'
  return { file: "/bin/sh", args: ["-c", script, "sh", file, ...args] }
}

async function replaceWatchdog(pid: () => number | undefined): Promise<void> {
  const first = pid()
  if (first === undefined) throw new Error("there is no watchdog")
  process.kill(first, "SIGKILL")
  await until("another watchdog", () => pid() !== undefined && pid() !== first, 20_000)
}

const layer = Processes.layer({
  environment: process.env,
  temporaryFolder: tmpdir(),
  token,
  watchdog: true
})
await Effect.runPromise(Effect.scoped(host).pipe(Effect.provide(layer), Effect.provide(Logger.layer([]))))
