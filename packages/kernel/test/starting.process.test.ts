import type { ChildProcess } from "node:child_process"
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, temporaryFolder } from "@signalbox/proof"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import { endsOf } from "../src/lib/Child.ts"
import { commanded, ended, fact, inHouse, refusal, runnerPid, scripted, upTo } from "./harness.ts"
import { textsOf } from "./heard.ts"

const scriptedArgs = scriptedRunnerCommand().args

describe("starting a runner", () => {
  it.live("starts nothing before the first run, and then one process for all of them [S0-01 S0-02 S0-08]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(house.supervisor.view().runners, [])
        const first = yield* house.run("a", "process")
        const second = yield* house.run("b", "process")
        assert.strictEqual(first.events[0]?.["pid"], second.events[0]?.["pid"])
        assert.strictEqual(first.events[0]?.["parent_pid"], process.pid)
        assert.isTrue(isAlive(runnerPid(house)), "it lives on between and after its runs")
        assert.strictEqual(house.supervisor.view().counters.starts, 1)
      })
    )
  )

  it.live("starts exactly one process for many first runs at the same instant [S0-02]", () =>
    inHouse({ runner: ["--start-delay", "50"] }, (house) =>
      Effect.gen(function* () {
        const runs = yield* Effect.forEach(upTo(40), (n) => house.run(`run-${n}`, "process"), {
          concurrency: "unbounded"
        })
        assert.strictEqual(new Set(runs.map((run) => run.events[0]?.["pid"])).size, 1)
        assert.strictEqual(house.supervisor.view().counters.starts, 1)
      })
    )
  )

  it.live("gives the program the arguments that the agent names and no others [S0-04]", () =>
    Effect.gen(function* () {
      const seen = (args: ReadonlyArray<string>) =>
        inHouse({ runner: args }, (house) => Effect.map(house.run("a", "process"), (run) => run.events[0]?.["args"]))
      assert.deepStrictEqual(yield* seen([]), [])
      assert.deepStrictEqual(yield* seen(["--lifetime", "60000"]), ["--lifetime", "60000"])
    })
  )

  it.live("gives the program three pipes, which a shell can open by name [S0-04]", () =>
    inHouse({ agent: commanded(shell(`${kindOfPipes}; exec "$0" "$@"`)) }, (house) =>
      Effect.gen(function* () {
        yield* house.run("a", "say hello")
        yield* fact("stderr is read", () => house.supervisor.view().runners[0]?.stderrTail.includes("done") ?? false)
        assert.strictEqual(house.supervisor.view().runners[0]?.stderrTail, "in pipe\nout pipe\nerr pipe\ndone")
      })
    )
  )

  it.live("hands the host's environment and folder on unchanged, but for its own cookie [S0-05]", () =>
    inHouse({ environment: { ...process.env, FAVOURITE: "teal" } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "env FAVOURITE\nprocess\nenv SIGNALBOX_RUNNER")
        assert.strictEqual(run.events[0]?.["value"], "teal")
        assert.strictEqual(run.events[1]?.["cwd"], process.cwd())
        assert.include(String(run.events[2]?.["value"]), house.token)
      })
    )
  )

  it.live("lets a command add a variable and take one away", () => {
    const agent = commanded({ ...scriptedRunnerCommand(), env: { ADDED: "yes", TAKEN: undefined } })
    return inHouse({ agent, environment: { ...process.env, TAKEN: "still here" } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "env ADDED\nenv TAKEN")
        assert.deepStrictEqual(
          run.events.map((found) => found["value"]),
          ["yes", null]
        )
      })
    )
  })

  it.live("carries a run's own settings in the run message [S0-05]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const params = { prompt: "echo-params", cwd: "/somewhere", model: "m", whatever: { is: ["given", 1, null] } }
        const run = yield* house.open("a", "", { params })
        yield* ended(run)
        assert.deepStrictEqual(run.events[0]?.["params"], params)
      })
    )
  )
})

describe("a start that fails", () => {
  it.live("is told with the operating system's text to everybody who waits [S0-06]", () =>
    Effect.gen(function* () {
      const folder = temporaryFolder()
      const plain = join(folder, "plain")
      writeFileSync(plain, "not executable")
      chmodSync(plain, 0o600)
      const loop = join(folder, "loop")
      symlinkSync(loop, loop)
      const failures = [
        [{ file: join(folder, "missing") }, "ENOENT", /there is no such program .*ENOENT/],
        [{ file: plain }, "EACCES", /is not executable .*EACCES/],
        [{ file: loop }, "ELOOP", /ELOOP/],
        [{ file: "/bin/true", cwd: join(folder, "nowhere") }, "ENOENT", /working directory .*nowhere is not a folder/],
        [{ file: "/bin/true", cwd: plain }, "ENOTDIR", /working directory .*plain is not a folder/]
      ] as const
      for (const [command, reason, message] of failures) {
        yield* inHouse({ agent: commanded(command) }, (house) =>
          Effect.gen(function* () {
            const asked = yield* Effect.forEach(upTo(3), (n) => house.ask(`run-${n}`, "say hello"))
            const errors = yield* Effect.forEach(asked, refusal)
            for (const error of errors) {
              if (error === "handed over" || error._tag !== "SpawnFailed") return assert.fail(JSON.stringify(error))
              assert.strictEqual(error.reason, reason)
              assert.match(error.message, message)
            }
            assert.deepStrictEqual(
              asked.map(({ heard }) => heard.words),
              [[], [], []]
            )
            assert.strictEqual(house.supervisor.view().waiting, 0)
          })
        )
      }
    })
  )

  it.live("is not remembered: the next run tries again at once [S0-03]", () => {
    const link = join(temporaryFolder(), "runner")
    const agent = commanded({ file: link, args: scriptedArgs })
    return inHouse({ agent, restart: { backoff_min_ms: 60_000, backoff_max_ms: 60_000 } }, (house) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c", "d", "e", "f"]) {
          assert.propertyVal(yield* refusal(yield* house.ask(id, "say hello")), "_tag", "SpawnFailed")
        }
        symlinkSync(process.execPath, link)
        const run = yield* house.run("a", "say hello")
        assert.deepStrictEqual(textsOf(run), ["hello"])
        assert.include({ ...house.supervisor.view().counters }, { starts: 1, failedStarts: 6, deaths: 0 })
      })
    )
  })

  it.live("says why an agent cannot be launched here", () => {
    const message = "the program is not installed"
    const agent = { ...scripted(), launch: () => ({ ok: false, fault: { message } }) as const }
    return inHouse({ agent }, (house) =>
      Effect.gen(function* () {
        const error = yield* refusal(yield* house.ask("a", "say hello"))
        assert.propertyVal(error, "reason", "unavailable")
        assert.propertyVal(error, "message", message)
      })
    )
  })

  it.live("starts the program in the folder that the command names", () => {
    const cwd = join(temporaryFolder(), "work")
    mkdirSync(cwd)
    return inHouse({ agent: commanded({ ...scriptedRunnerCommand(), cwd }) }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "process")
        assert.strictEqual(run.events[0]?.["cwd"], cwd)
      })
    )
  })

  it.each(["stdin", "stdout", "stderr"] as const)(
    "names %s when that pipe is missing, and ends the program [S0-06]",
    (name) => {
      const signals: Array<string> = []
      const pipe = new PassThrough()
      const kill = (signal: string) => signals.push(signal)
      const child = { spawnfile: "agent", stdin: pipe, stdout: pipe, stderr: pipe, [name]: null, kill }
      assert.throws(
        () => endsOf(child as unknown as ChildProcess, undefined, false),
        `agent was started, but its ${name} is missing`
      )
      assert.deepStrictEqual(signals, ["SIGKILL"])
    }
  )
})

const kindOfPipes = `{
  for pair in 0:in 1:out 2:err; do
    [ -p /dev/fd/\${pair%:*} ] && echo "\${pair#*:} pipe" > /dev/stderr
  done
  echo done > /dev/stderr
}`

function shell(script: string) {
  const { file, args } = scriptedRunnerCommand()
  return { file: "/bin/sh", args: ["-c", script, file, ...args] }
}
