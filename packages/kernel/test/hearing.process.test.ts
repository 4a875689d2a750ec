import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, rounds, temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { ended, event, fact, inHouse, runnerPid, upTo } from "./harness.ts"
import { textsOf, told } from "./heard.ts"

const soonAgain = { backoff_min_ms: 1, backoff_max_ms: 1 }

describe("hearing a runner", () => {
  it.live("gives each of 200 runs over one child its own events, complete and in order [S0-28 S0-01]", () =>
    inHouse({ config: { permits: 200 } }, (house) =>
      Effect.gen(function* () {
        const prompt = (n: number) => `wait-for runs 200\n${`delta 20 <${n}>\nwait 1\n`.repeat(3)}end ok`
        const runs = yield* Effect.forEach(upTo(200), (n) => house.run(`run-${n}`, prompt(n)), {
          concurrency: "unbounded"
        })
        for (const [index, run] of runs.entries()) {
          const expected = upTo(3).flatMap((item) => deltas(`item_${item}`, `<${index + 1}>`, 20))
          assert.deepStrictEqual(run.events, expected)
          assert.deepStrictEqual(run.endings, [{ outcome: "completed" }])
        }
        assert.strictEqual(house.supervisor.view().counters.starts, 1)
      })
    )
  )

  it.live("counts malformed lines by kind and leaves every other run as it is [S0-31 S0-32 W0-11]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const other = yield* house.open("other", "say ready\nwait-for runs 2\ndelta 30 x\nwait 2\ndelta 30 y")
        const bad = "say 1\ngarbage 7\nsay 2\nnot-object 5\nunknown-type\nwrong-shape 4\nunknown-id\nsay 3"
        const noisy = yield* house.run("noisy", `wait-for runs 2\n${bad}`)
        yield* ended(other)
        assert.deepStrictEqual(textsOf(noisy), ["1", "2", "3"])
        assert.deepStrictEqual(other.events.slice(1), [...deltas("item_2", "x", 30), ...deltas("item_3", "y", 30)])
        assert.deepInclude(house.supervisor.view().runners[0]?.counts, {
          not_json: 7,
          not_object: 5,
          unknown_type: 1,
          wrong_shape: 4,
          unknown_id: 1,
          stale: 0,
          oversize: 0
        })
        const samples = noisy.diags.filter((diag) => diag.startsWith("warn host:"))
        assert.lengthOf(samples, 8, "the first ones are kept, the others only counted")
        assert.strictEqual(samples[0], "warn host: not_json on stdout: this is no frame")
      })
    )
  )

  it.live("replaces a runner that talks too much nonsense, while its runs finish [W0-11]", () =>
    inHouse({ config: { stray_count: 10 }, restart: soonAgain }, (house) =>
      Effect.gen(function* () {
        const file = join(temporaryFolder(), "go")
        const first = yield* house.open("a", `say ready\ngarbage 10\nsay mad\nwait-for file ${file}\nsay done`)
        yield* fact("it is mad", () => textsOf(first).includes("mad"))
        const pid = runnerPid(house)
        const second = yield* house.run("b", "say hello")
        assert.deepStrictEqual([second.run?.generation, told(second.endings[0])], [2, "completed"])
        assert.deepStrictEqual([isAlive(pid), first.endings.length], [true, 0])
        writeFileSync(file, "")
        assert.strictEqual(told(yield* ended(first)), "completed")
        assert.deepStrictEqual(textsOf(first), ["ready", "mad", "done"])
        yield* fact("the mad one is gone", () => !isAlive(pid) && house.supervisor.view().runners.length === 1)
        assert.strictEqual(house.supervisor.view().counters.deaths, 1)
      })
    )
  )

  it.live("ignores empty lines and lines of blanks [S0-27]", () =>
    inHouse({ config: { stray_count: 1 } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "say one\nblank 100\nsay two")
        assert.deepStrictEqual(textsOf(run), ["one", "two"])
        assert.strictEqual(house.supervisor.view().counters.deaths, 0)
      })
    )
  )
})

const oddities = [
  ["split-utf8", "split ä € 😀 here"],
  ["bad-utf8", "bad \uFFFD byte"],
  ["bom", "after a byte order mark"],
  ["crlf", "ended by CRLF"],
  ["lone-cr", "lone CR"],
  ["u2028", "one\u2028two\u2029three\u0085four"]
] as const

describe("odd bytes", () => {
  it.live(
    "do not keep an event from arriving, nor what follows it: split, bad or marked UTF-8, CR, U+2028 [S0-32 W0-12]",
    () =>
      inHouse({}, (house) =>
        Effect.gen(function* () {
          for (const [deed, text] of oddities) {
            const run = yield* house.run(deed, `${deed}\nsay after`)
            assert.deepStrictEqual(textsOf(run), [text, "after"], deed)
          }
          const counts = house.supervisor.view().runners[0]?.counts
          assert.deepInclude(counts, { not_json: 0, wrong_shape: 0, bad_utf8: 1, oversize: 0 })
        })
      )
  )

  it.live("a line as long as the limit is taken, one byte more is reported and skipped [W0-12]", () =>
    inHouse({ config: { frame_bytes: 65_536 } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", "huge-line 65536\nhuge-line 65537\nsay after")
        assert.lengthOf(run.events, 2)
        assert.strictEqual(JSON.stringify({ type: "event", id: "a", event: run.events[0] }).length, 65_536)
        assert.strictEqual(textsOf(run)[1], "after")
        assert.deepInclude(house.supervisor.view().runners[0]?.counts, { oversize: 1, not_json: 0 })
        assert.match(run.diags[0] ?? "", /^warn host: oversize on stdout: 65537 bytes: \{"type":"event"/)
      })
    )
  )

  it.live("a flood without a newline costs no more memory than one line [W0-12]", () =>
    inHouse({ config: { frame_bytes: 65_536 } }, (house) =>
      Effect.gen(function* () {
        const megabytes = rounds(1_000, 40)
        yield* house.run("warm", "unterminated 10000000\nnewline")
        const before = process.memoryUsage()
        const run = yield* house.run("a", `unterminated ${megabytes * 1_000_000}\nnewline\nsay after`)
        const { arrayBuffers } = process.memoryUsage()
        assert.deepStrictEqual(textsOf(run), ["after"])
        assert.isBelow(arrayBuffers - before.arrayBuffers, 16 * 1024 * 1024)
      })
    )
  )
})

describe("what a runner says on stderr", () => {
  it.live("is a diagnostic of its run when it is tagged, and recorded before the end [S0-36 S0-41]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const other = yield* house.open("other", "say ready\nwait-for end-of-input")
        yield* event(other, "item.completed")
        const run = yield* house.run("a", "say one\ndiag info first\ndiag error second\nsay two")
        assert.deepStrictEqual(run.diags, ["info runner: first", "error runner: second"])
        assert.strictEqual(run.words.at(-1), "end completed")
        assert.deepStrictEqual(other.diags, [])
      })
    )
  )

  it.live("keeps its order on each of the two pipes [S0-35]", () =>
    inHouse({}, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run(
          "a",
          upTo(100)
            .map((n) => `say ${n}\ndiag info ${n}`)
            .join("\n")
        )
        assert.deepStrictEqual(textsOf(run), upTo(100).map(String))
        assert.deepStrictEqual(
          run.diags,
          upTo(100).map((n) => `info runner: ${n}`)
        )
      })
    )
  )

  it.live("is no event and no diagnostic when it is plain text: it is kept as evidence [S0-39 W0-14]", () =>
    inHouse({ config: { stray_count: 1 } }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.run("a", 'stderr plain words\nstderr {"not":"ours"}\nstderr [1]\nsay done')
        assert.deepStrictEqual(run.diags, [])
        assert.strictEqual(house.supervisor.view().runners[0]?.stderrTail, 'plain words\n{"not":"ours"}\n[1]')
      })
    )
  )
})

function deltas(id: string, piece: string, count: number) {
  const item = { id, type: "agent_message" }
  return [
    { type: "item.started", item: { ...item, text: "" } },
    ...Array.from({ length: count }, () => ({ type: "item.delta", item_id: id, field: "text", delta: piece })),
    { type: "item.completed", item: { ...item, text: piece.repeat(count) } }
  ]
}
