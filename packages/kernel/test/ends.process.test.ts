import { assert, describe, it } from "@effect/vitest"
import { commandAgent } from "@signalbox/agents"
import { rounds } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import type { RunnableAgent } from "../src/index.ts"
import { commanded, ended, event, fact, inHouse, upTo } from "./harness.ts"
import { told } from "./heard.ts"

const unbreakable = { backoff_min_ms: 1, backoff_max_ms: 1, breaker_deaths: 1_000_000 }

const lastWords = [
  ["closes its stderr at its start", ["--close-stderr-at-start"], "ends 50 then exit"],
  ["writes its ends and exits at once", [], "ends 50 then exit"],
  ["exits behind a pipe that is full", [], "ends 50 3000 then exit"]
] as const

describe("no end is lost", () => {
  for (const [what, runner, prompt] of lastWords) {
    it.live(
      `of a runner that ${what} [W0-02 S0-42]`,
      () =>
        inHouse({ runner, restart: unbreakable }, (house) =>
          Effect.gen(function* () {
            for (const round of upTo(rounds(500, 8))) {
              const runs = yield* Effect.forEach(upTo(50), (n) =>
                house.open(`run-${round}-${n}`, n === 1 ? prompt : "hang")
              )
              const endings = yield* Effect.forEach(runs, ended)
              assert.deepStrictEqual(
                endings.filter(({ outcome }) => outcome !== "completed"),
                []
              )
              yield* fact("it is gone", () => house.supervisor.view().counters.deaths === round)
              for (const run of runs) assert.lengthOf(run.endings, 1)
            }
          })
        ),
      600_000
    )
  }

  it.live("that was written without its newline, nor the last words on stderr [W0-02 W0-14]", () =>
    inHouse({ agent: commanded(breathless), restart: unbreakable }, (house) =>
      Effect.gen(function* () {
        const done = yield* house.open("done", "x")
        const lost = yield* house.open("lost", "x")
        assert.strictEqual(told(yield* ended(done)), "completed")
        assert.deepInclude((yield* ended(lost)).exit, { exit_code: 4, stderr_tail: "no newline" })
      })
    )
  )

  it.live("by a runner that closes its stderr while it works: that is no death [W0-02]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const first = yield* house.run("a", "close-stderr\nsay on")
        const second = yield* house.run("b", "say on")
        assert.deepStrictEqual(
          [first, second].map((run) => told(run.endings[0])),
          ["completed", "completed"]
        )
        assert.strictEqual(second.run?.generation, 1)
      })
    )
  )
})

describe("the reason of a death", () => {
  it.live(
    "is the fatal text for every run, once, however fast the exit follows [W0-03 S0-37 S0-44]",
    () =>
      inHouse({ restart: unbreakable }, (house) =>
        Effect.gen(function* () {
          for (const round of upTo(rounds(500, 8))) {
            const done = yield* house.run(`done-${round}`, "say done")
            const runs = yield* Effect.forEach(upTo(20), (n) =>
              house.open(`run-${round}-${n}`, n < 20 ? "hang" : "fatal no key: set one")
            )
            for (const { outcome, error, exit } of yield* Effect.forEach(runs, ended)) {
              assert.strictEqual(outcome, "lost")
              assert.deepStrictEqual(error, { code: "runner_fatal", message: "no key: set one" })
              assert.deepInclude(exit, { exit_code: 1, fatal: "no key: set one" })
            }
            yield* fact("it is gone", () => house.supervisor.view().counters.deaths === round)
            for (const run of runs) assert.lengthOf(run.endings, 1)
            assert.deepStrictEqual(done.words, ["event item.completed", "end completed"])
          }
        })
      ),
    600_000
  )

  it.live(
    "is the exit code, the signal and the last plain words for every run that it carried [W0-14 S0-30 S0-42]",
    () =>
      inHouse({ restart: unbreakable }, (house) =>
        Effect.gen(function* () {
          const deaths = [
            ["crash", 70, null, /crashed as asked$/, "the runner exited with code 70"],
            ["traceback", 1, null, /Traceback[^]*RuntimeError: the model is gone$/, "the runner exited with code 1"],
            ["stderr last words\nexit 0", 0, null, /^last words$/, "the runner exited with code 0"],
            ["kill-self SIGKILL", null, "SIGKILL", /^$/, "the runner was killed by SIGKILL"],
            ["stderr-flood 2000 100\nexit 5", 5, null, /^(e{100}\n?){648}$/, "the runner exited with code 5"]
          ] as const
          for (const [index, [prompt, exit_code, signal, tail, message]] of deaths.entries()) {
            const other = yield* house.open(`other-${index}`, "say here\nhang")
            yield* event(other, "item.completed")
            const run = yield* house.open(`run-${index}`, prompt)
            for (const ending of yield* Effect.forEach([run, other], ended)) {
              assert.deepStrictEqual(ending.error, { code: "runner_exited", message })
              assert.deepInclude(ending.exit, { exit_code, signal, drained: true, swept: 0 })
              assert.match(ending.exit?.stderr_tail ?? "", tail)
            }
            yield* fact("it is gone", () => house.supervisor.view().counters.deaths === index + 1)
          }
        })
      )
  )

  it.live("is the fatal text also for a runner that says it and does not go: it is ended [W0-03]", () =>
    inHouse({ restart: unbreakable, config: { stop_grace_ms: 100, drain_ms: 200 } }, (house) =>
      Effect.gen(function* () {
        const fatal = JSON.stringify({ type: "fatal", message: "half dead" })
        const run = yield* house.open("a", `stderr ${fatal}\nsay on\nhang`)
        yield* event(run, "item.completed")
        const { outcome, error } = yield* ended(run)
        assert.deepStrictEqual([outcome, error?.code, error?.message], ["lost", "runner_fatal", "half dead"])
        assert.strictEqual(told((yield* house.run("b", "say hello")).endings[0]), "completed")
      })
    )
  )

  it.live("comes also to a runner that closes its stdout and lives on: it is replaced [S0-42 W0-02]", () =>
    inHouse({ restart: unbreakable, config: { drain_ms: 200, term_grace_ms: 20_000 } }, (house) =>
      Effect.gen(function* () {
        const other = yield* house.open("other", "say here\nhang")
        yield* event(other, "item.completed")
        const run = yield* house.open("a", "say last\nclose-stdout\nhang")
        for (const ending of yield* Effect.forEach([run, other], ended)) {
          assert.strictEqual(told(ending), "lost runner_exited")
          assert.match(ending.error?.message ?? "", /closed its standard output, lived on, and was killed by SIGTERM/)
        }
        assert.deepStrictEqual(
          [run.events.length, told((yield* house.run("b", "say hello")).endings[0])],
          [1, "completed"]
        )
      })
    )
  )

  it.live("is the exit code alone of a program that runs once, whatever it does with its stdout", () =>
    inHouse({ agent: quietWorker, config: { drain_ms: 50 } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "")
        assert.deepInclude(run.endings[0], { outcome: "completed" })
        assert.strictEqual(run.endings[0]?.exit?.exit_code, 0)
      })
    )
  )
})

/** Ends the run `done` and dies, both in the middle of a line. */
const breathless = {
  file: "/bin/sh",
  args: [
    "-c",
    `read hello; read one; read two; printf 'no newline' >&2; printf '{"type":"end","id":"done","status":"ok"}'; exit 4`
  ]
}

const { name, lifetime, dialect } = commandAgent({ file: "/bin/sh" })
/** Closes its stdout and works on for longer than the drain limit. */
const quietWorker: RunnableAgent = {
  name,
  lifetime,
  dialect,
  launch: () => ({ ok: true, command: { file: "/bin/sh", args: ["-c", "exec >&-; sleep 0.4"] } })
}
