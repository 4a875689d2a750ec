import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@signalbox/proof"
import { RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Asked, ended, event, fact, type House, inHouse, refusal, upTo } from "./harness.ts"
import { type Heard, told } from "./heard.ts"

describe("permits", () => {
  it.live("hands runs over in the order in which they were accepted [S0-13]", () =>
    Effect.gen(function* () {
      for (const permits of [1, 3]) {
        yield* inHouse({ config: { permits } }, (house) =>
          Effect.gen(function* () {
            const asked = yield* Effect.forEach(upTo(30), (n) => house.ask(`run-${n}`, "gauge\nwait 1"))
            yield* Effect.forEach(asked, ({ heard }) => ended(heard))
            // The hello is line 1; a run's first deed is done when its own line is the last one read.
            assert.deepStrictEqual(
              asked.map(({ heard }) => gaugeOf(heard, "lines")),
              upTo(30).map((n) => n + 1)
            )
          })
        )
      }
    })
  )

  it.live("keeps who waits away from the runner altogether [S0-12]", () =>
    inHouse({ config: { permits: 1 } }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdUntilOpened(house)
        const waiting = yield* Effect.forEach(upTo(5), (n) => house.ask(`run-${n}`, "say hello"))
        yield* fact("five wait", () => house.supervisor.view().waiting === 5)
        gate.open()
        yield* ended(gate.heard)
        assert.strictEqual(gaugeOf(gate.heard, "lines"), 2)
        yield* Effect.forEach(waiting, ({ heard }) => ended(heard))
      })
    )
  )

  it.live("carries never more runs at once than there are permits, and as many as there are [S0-14 S0-17]", () =>
    Effect.gen(function* () {
      for (const permits of [1, 2, 50]) {
        yield* inHouse({ config: { permits } }, (house) =>
          Effect.gen(function* () {
            const prompt = permits === 50 ? "wait-for runs 50\ngauge" : "wait 2\ngauge"
            const asked = yield* Effect.forEach(upTo(60 - (60 % permits)), (n) => house.ask(`run-${n}`, prompt))
            yield* Effect.forEach(asked, ({ heard }) => ended(heard))
            assert.strictEqual(Math.max(...asked.map(({ heard }) => gaugeOf(heard, "highest"))), permits)
          })
        )
      }
    })
  )

  it.live("belongs to the run and not to its reader: 20 are started and dropped, 2 run at once [W0-04 S0-47]", () =>
    inHouse({ config: { permits: 2 } }, (house) =>
      Effect.gen(function* () {
        const dropped: Array<Asked> = []
        for (const n of upTo(20)) {
          const asked = yield* house.ask(`run-${n}`, "say started\nwait 5\ngauge", {
            granted: () => dropped.find((other) => other.heard.id === `run-${n}`)?.fiber.interruptUnsafe()
          })
          dropped.push(asked)
        }
        yield* Effect.forEach(dropped, ({ heard }) => ended(heard))
        assert.deepStrictEqual(new Set(dropped.map(({ heard }) => told(heard.endings[0]))), new Set(["completed"]))
        assert.strictEqual(Math.max(...dropped.map(({ heard }) => gaugeOf(heard, "highest"))), 2)
        yield* fact("all permits are free", () => house.supervisor.view().active === 0)
      })
    )
  )

  it.live("lets go who is interrupted while it waits, and never tells the runner of it [S0-12]", () =>
    inHouse({ config: { permits: 1 } }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdUntilOpened(house)
        const [a, b, c] = yield* Effect.forEach(["a", "b", "c"] as const, (id) => house.ask(id, "gauge"))
        if (a === undefined || b === undefined || c === undefined) return assert.fail()
        yield* Fiber.interrupt(b.fiber)
        assert.strictEqual(house.supervisor.view().waiting, 2)
        gate.open()
        yield* Effect.forEach([a, c], ({ heard }) => ended(heard))
        assert.deepStrictEqual([gaugeOf(a.heard, "lines"), gaugeOf(c.heard, "lines")], [3, 4])
        assert.deepStrictEqual(b.heard.words, [])
      })
    )
  )
})

describe("a line that is full or slow", () => {
  it.live("refuses one more than may wait, and serves the others [W0-13]", () =>
    inHouse({ config: { permits: 1, waiting: 2 } }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdUntilOpened(house)
        const waiting = yield* Effect.forEach(["a", "b"], (id) => house.ask(id, "say hello"))
        const error = yield* refusal(yield* house.ask("c", "say hello"))
        assert.propertyVal(error, "_tag", "QueueFull")
        assert.propertyVal(error, "waiting", 2)
        assert.propertyVal(house.supervisor.full(), "_tag", "QueueFull")
        gate.open()
        yield* Effect.forEach(waiting, ({ heard }) => ended(heard))
        assert.isUndefined(house.supervisor.full())
        assert.strictEqual(house.supervisor.view().counters.refused.QueueFull, 1)
      })
    )
  )

  it.live("counts the permits of a runner that is still to be started as free [W0-13]", () =>
    inHouse({ config: { permits: 2, waiting: 0 } }, (house) =>
      Effect.gen(function* () {
        const asked = yield* Effect.forEach(["a", "b", "c"], (id) => house.ask(id, "wait-for runs 2"))
        const answers = yield* Effect.forEach(asked, refusal)
        assert.deepStrictEqual(answers.map(word), ["handed over", "handed over", "QueueFull"])
      })
    )
  )

  it.live("refuses who has waited too long, with its own limit or the configuration's [W0-13]", () =>
    inHouse({ config: { permits: 1, wait_ms: 40 } }, (house) =>
      Effect.gen(function* () {
        const gate = yield* Effect.orDie(holdUntilOpened(house, 20_000))
        const asked = [yield* house.ask("a", "say hello"), yield* house.ask("b", "say hello", { waitMs: 30 })]
        const errors = yield* Effect.forEach(asked, refusal)
        assert.deepStrictEqual(errors.map(word), ["WaitTimedOut 40", "WaitTimedOut 30"])
        assert.strictEqual(house.supervisor.view().waiting, 0)
        gate.open()
        yield* ended(gate.heard)
        assert.deepStrictEqual(
          asked.map(({ heard }) => heard.words),
          [[], []]
        )
        assert.strictEqual(house.supervisor.view().counters.refused.WaitTimedOut, 2)
      })
    )
  )

  it.each(["permits", "runners", "wait_ms", "write_deadline_ms"] as const)(
    "cannot be configured to wait for ever: %s 0 is refused [W0-13]",
    (setting) => {
      assert.isFalse(RunnerConfig.safeParse({ [setting]: 0 }).success)
      assert.isTrue(RunnerConfig.safeParse({ [setting]: 1 }).success)
    }
  )
})

describe("a run that is refused at the runner's door", () => {
  it.live("gives its permit back before the error is told [S0-16]", () =>
    inHouse({ config: { permits: 2 } }, (house) =>
      Effect.gen(function* () {
        const held = yield* holdUntilOpened(house)
        for (const n of upTo(4)) {
          const params = { prompt: "say hello", big: BigInt(n) }
          assert.strictEqual(word(yield* refusal(yield* house.ask(`bad-${n}`, "", { params }))), "EncodeFailed")
          assert.strictEqual(word(yield* refusal(yield* house.ask(held.heard.id, "say hello"))), "DuplicateId")
        }
        assert.strictEqual(house.supervisor.view().active, 1)
        yield* house.run("good", "say hello")
        held.open()
        yield* ended(held.heard)
      })
    )
  )
})

/** A run that holds its permit until `open` is called, and then tells what the runner has read. */
const holdUntilOpened = (house: House, waitMs?: number) =>
  Effect.gen(function* () {
    const file = join(temporaryFolder(), "open")
    const more = waitMs === undefined ? {} : { waitMs }
    const heard = yield* house.open("held", `say held\nwait-for file ${file}\ngauge`, more)
    yield* event(heard, "item.completed")
    return { heard, open: () => writeFileSync(file, "") }
  })

function gaugeOf(heard: Heard, field: "lines" | "highest"): number {
  return Number(heard.events.find((found) => found.type === "scripted.gauge")?.[field])
}

function word(answer: Effect.Success<ReturnType<typeof refusal>>): string {
  if (answer === "handed over") return answer
  return answer._tag === "WaitTimedOut" ? `${answer._tag} ${answer.waitedMs}` : answer._tag
}
