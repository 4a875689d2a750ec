import { assert, describe, it } from "@effect/vitest"
import { isAlive, pidsWithCookie } from "@signalbox/proof"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { commanded, ended, event, fact, type House, inHouse, runnerPid, upTo } from "./harness.ts"
import { type Heard, textsOf, told } from "./heard.ts"

const brief = { stop_grace_ms: 50, term_grace_ms: 50, drain_ms: 20_000 }

describe("closing a house", () => {
  it.live("closes stdin first, lets the runs in flight finish and delivers all of them [S0-09 S0-10 S0-11 W0-15]", () =>
    Effect.gen(function* () {
      const { runs, pid } = yield* inHouse({}, (house) =>
        Effect.gen(function* () {
          const runs = yield* Effect.forEach(upTo(5), (n) =>
            house.open(`run-${n}`, `say ready\nwait-for end-of-input\nsay bye ${n}\nflood 50 2000`)
          )
          yield* Effect.forEach(runs, (run) => event(run, "item.completed"))
          return { runs, pid: runnerPid(house) }
        })
      )
      for (const [index, run] of runs.entries()) {
        assert.strictEqual(told(run.endings[0]), "completed")
        assert.lengthOf(run.endings, 1)
        assert.strictEqual(textsOf(run)[1], `bye ${index + 1}`)
        assert.lengthOf(run.events, 52)
      }
      assert.isFalse(isAlive(pid))
    })
  )

  it.live("goes on to SIGTERM, and to SIGKILL, when the graces run out [S0-09 W0-15]", () =>
    Effect.gen(function* () {
      for (const [runner, signal, term_grace_ms] of [
        [[], "SIGTERM", 20_000],
        [["--ignore-eof"], "SIGTERM", 20_000],
        [["--ignore-eof", "--ignore-term"], "SIGKILL", 50]
      ] as const) {
        const run = yield* inHouse({ runner, config: { ...brief, term_grace_ms } }, (house) =>
          Effect.tap(house.open("a", "say ready\nhang"), (open) => event(open, "item.completed"))
        )
        assert.strictEqual(told(run.endings[0]), "lost runner_exited")
        assert.deepInclude(run.endings[0]?.exit, { exit_code: null, signal, drained: true })
      }
    })
  )

  it.live("ends a runner that has no run at all, and one that is only just starting [S0-07]", () =>
    Effect.gen(function* () {
      const idle = yield* inHouse({}, (house) => Effect.as(house.run("a", "say hello"), house))
      assert.deepStrictEqual(idle.supervisor.view().runners, [])
      const { asked } = yield* inHouse({ runner: ["--start-delay", "20"] }, (house) =>
        Effect.map(house.ask("a", "say hello"), (asked) => ({ asked }))
      )
      yield* Fiber.await(asked.fiber)
      assert.isAtMost(asked.heard.endings.length, 1)
    })
  )

  it.live("leaves no process behind when its owner dies of a defect or is interrupted [S0-07]", () =>
    Effect.gen(function* () {
      const seen: Array<{ readonly token: string; readonly pid: number }> = []
      const begin = (house: House) =>
        Effect.gen(function* () {
          const run = yield* house.open("a", "fork ignore-term\nhang")
          yield* event(run, "scripted.fork")
          seen.push({ token: house.token, pid: runnerPid(house) })
        })
      const defect = yield* Effect.exit(
        inHouse({ config: brief }, (house) => Effect.andThen(begin(house), Effect.die(new Error("a defect"))))
      )
      const living = yield* Effect.forkDetach(
        inHouse({ config: brief }, (house) => Effect.andThen(begin(house), Effect.never))
      )
      yield* fact("both have run", () => seen.length === 2)
      yield* Fiber.interrupt(living)
      assert.isTrue(Exit.isFailure(defect))
      for (const { token, pid } of seen) {
        assert.deepStrictEqual(pidsWithCookie(token), [])
        assert.isFalse(isAlive(pid))
      }
    })
  )
})

const traits = ["", "ignore-term", "new-session", "double", "ignore-term new-session double hold-pipes"]
const forks = traits.map((words) => `fork ${words}`).join("\n")

describe("what a runner started itself", () => {
  it.live("is gone after a stop, also what ignores SIGTERM or left the group or its parent [W0-15]", () =>
    Effect.gen(function* () {
      const pids = yield* inHouse({ config: brief }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.run("a", forks)
          const pids = forkedBy(run)
          assert.deepStrictEqual(
            pids.map(isAlive),
            Array.from(traits, () => true)
          )
          return pids
        })
      )
      assert.deepStrictEqual(pids.filter(isAlive), [])
    })
  )

  it.live("is gone after a crash, and is counted [W0-15]", () =>
    inHouse({ config: brief }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", `${forks}\nexit 3`)
        const { exit, outcome } = yield* ended(run)
        assert.strictEqual(outcome, "lost")
        assert.deepInclude(exit, { exit_code: 3, signal: null, drained: true, swept: traits.length })
        yield* fact("they are gone", () => !forkedBy(run).some(isAlive))
        yield* fact("the runner is cleared away", () => house.supervisor.view().runners.length === 0)
      })
    )
  )

  it.live("delays no ending for longer than the drain limit when it is out of reach and holds the pipes [W0-02]", () =>
    inHouse({ config: { ...brief, drain_ms: 300 }, agent: commanded(escaping) }, (house) =>
      Effect.gen(function* () {
        const lost = yield* house.open("a", "hang")
        const pid = yield* caught(escapedPid(house))
        const done = yield* house.open("b", "end ok\nexit 7")
        assert.strictEqual(told(yield* ended(done)), "completed")
        assert.deepInclude((yield* ended(lost)).exit, { exit_code: 7, drained: false })
        assert.isTrue(isAlive(pid))
      })
    )
  )

  it.live("does not keep new runs waiting for the last words of a process that has exited [W0-10 S0-21]", () =>
    inHouse({ config: { drain_ms: 600_000 }, restart: { backoff_min_ms: 1 }, agent: commanded(escaping) }, (house) =>
      Effect.gen(function* () {
        const lost = yield* house.open("a", "say ready\nwait-for runs 2\nexit 7")
        yield* event(lost, "item.completed")
        const first = yield* caught(escapedPid(house))
        yield* house.open("b", "hang")
        yield* fact("its exit is known", () => house.supervisor.view().counters.deaths === 1)
        const next = yield* house.run("c", "say hello")
        const second = yield* caught(escapedPid(house, 1))
        assert.deepStrictEqual([told(next.endings[0]), next.run?.generation], ["completed", 2])
        assert.deepStrictEqual(lost.endings, [], "its pipes are still held")
        for (const pid of [first, second]) end(pid)
        assert.deepInclude((yield* ended(lost)).exit, { exit_code: 7, drained: true })
      })
    )
  )
})

function forkedBy(run: Heard): ReadonlyArray<number> {
  const pids = run.events.filter((found) => found.type === "scripted.fork").map((found) => Number(found["pid"]))
  assert.lengthOf(pids, traits.length)
  return pids
}

/** Ended before the house is closed, whatever the test says. */
const caught = (pid: Effect.Effect<number>) => Effect.acquireRelease(pid, (found) => Effect.sync(() => end(found)))

function end(pid: number): void {
  if (isAlive(pid)) process.kill(pid, "SIGKILL")
}

const escapedPid = (house: House, index = 0) =>
  Effect.gen(function* () {
    const find = () => /escaped (\d+)/.exec(house.supervisor.view().runners[index]?.stderrTail ?? "")?.[1]
    yield* fact("something escaped", () => find() !== undefined)
    return Number(find())
  })

/** Starts something without the cookie, in a session of its own, whose parent is gone, with the runner's own pipes. */
const escaping = {
  file: "/bin/sh",
  args: [
    "-c",
    `(env -i setsid sh -c 'echo escaped $$ >&2; exec sleep 600' &) ; exec "$0" "$@"`,
    scriptedRunnerCommand().file,
    ...scriptedRunnerCommand().args
  ]
}
