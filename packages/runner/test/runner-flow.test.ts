import type { RunEvent } from "@signalbox/protocol"
import { until } from "@signalbox/proof"
import { expect, it } from "vitest"
import { answer, cancel, memoryRunner, run, turn } from "./memory-runner.ts"
import { scriptedHandler } from "./scripted-handler.ts"

it("says hello first, with its name, version and abilities [W0-16]", async () => {
  const memory = memoryRunner(scriptedHandler, { agent: "mine", version: "1.2.3", capabilities: { images: true } })
  memory.runner.hello()
  memory.hear(run("a", "say 1"))
  await memory.drain()
  const capabilities = { cancel: "cooperative", answer: true, images: true }
  expect(memory.frames[0]).toEqual({ type: "hello", protocol: 1, agent: "mine", version: "1.2.3", capabilities })
})

it("takes an id of 256 characters, also when each of them is two units of UTF-16 [S0-18]", async () => {
  const memory = memoryRunner(scriptedHandler)
  const id = "\u{1f600}".repeat(256)
  memory.hear(run(id, "say 1"))
  await memory.drain()
  expect(memory.out).toEqual([`event ${id} 1`, `end ${id} ok`])
})

it("runs many at once and ends each by itself [S0-17 S0-52]", async () => {
  const memory = memoryRunner(scriptedHandler)
  for (let id = 0; id < 500; id++) memory.hear(run(`r${id}`, "until-cancelled"))
  memory.hear(run("late", "say 1"))
  await until("the late run has ended", () => memory.out.includes("end late ok"))
  for (let id = 0; id < 500; id++) memory.hear(cancel(`r${id}`))
  await memory.drain()
  expect(memory.out.filter((word) => word.endsWith("cancelled"))).toHaveLength(500)
})

it("accepts nothing new after the end of input, finishes what runs, and is finished only then [S0-10]", async () => {
  let release = () => {}
  const memory = memoryRunner(async function* () {
    await new Promise<void>((resolve) => (release = resolve))
    yield { type: "item.completed", text: "last" }
  })
  memory.hear(run("a", ""))
  memory.runner.endOfInput()
  memory.hear(run("b", ""))
  let finished = false
  const done = memory.runner.finished.then(() => (finished = true))
  await turn()
  expect(finished).toBe(false)
  release()
  await done
  expect(memory.out).toEqual(["event a last", "end a ok"])
})

it("asks, and goes on with the answer to that question only", async () => {
  const memory = memoryRunner(scriptedHandler)
  memory.hear(run("a", "ask really?"), run("b", "ask really?"))
  await until("both have asked", () => memory.out.length === 2)
  memory.hear(answer("a", "ask-9", "wrong"), answer("b", "ask-1", { allow: true }), answer("b", "ask-1", "again"))
  await until("b has ended", () => memory.out.includes("end b ok"))
  memory.hear(answer("a", "ask-1", undefined))
  await memory.drain()
  expect(memory.out).toEqual([
    "ask a ask-1 question",
    "ask b ask-1 question",
    'event b answered {"allow":true}',
    "end b ok",
    "event a answered undefined",
    "end a ok"
  ])
})

it.each([
  ["a cancel", (memory: ReturnType<typeof memoryRunner>) => memory.hear(cancel("a", "no")), "end a cancelled"],
  [
    "the end of input",
    (memory: ReturnType<typeof memoryRunner>) => memory.runner.endOfInput(),
    "end a error: the host closed its side, so no answer can come"
  ]
])("lets no question wait for ever: %s rejects it [S0-10]", async (_cause, cause, end) => {
  const memory = memoryRunner(scriptedHandler)
  memory.hear(run("a", "ask really?"))
  await until("it has asked", () => memory.out.length === 1)
  cause(memory)
  await memory.drain()
  expect(memory.out.at(-1)).toBe(end)
})

it("refuses a question without a kind, and lets a handler leave without its answer", async () => {
  const memory = memoryRunner(scriptedHandler)
  memory.hear(run("a", "ask-nonsense"), run("b", "leave-asking"))
  await until("both have ended", () => memory.out.length === 3)
  expect(memory.out).toContain('end a error: a question needs a `kind`: "permission" or "question"')
  expect(memory.out).toContain("end b ok")
})

it.each([
  ["say-cycle", /^end a error: an event of type `vendor` cannot be sent: JSON cannot carry it: /],
  [
    "say-big 9000000",
    /^end a error: an event of type `vendor` cannot be sent: its line is longer than the 16777216 bytes/
  ]
])("fails a run whose event no host could take (%s) and stops its handler [S0-24 S0-52]", async (prompt, end) => {
  let stopped = false
  const memory = memoryRunner(async function* (params, context) {
    try {
      yield* scriptedHandler(params, context)
    } finally {
      stopped = true
    }
  })
  memory.hear(run("a", `${prompt}; say never`))
  await memory.drain()
  expect(memory.out).toEqual([expect.stringMatching(end)])
  expect(stopped).toBe(true)
})

it("sends an event that is as long as a host accepts [S0-24]", async () => {
  const memory = memoryRunner(scriptedHandler)
  memory.hear(run("a", "say-big 8000000"))
  await memory.drain()
  expect(memory.out).toEqual(["event a vendor", "end a ok"])
})

it.each<[string, () => unknown, string]>([
  ["an array", () => [1, 2], "end a ok"],
  ["a promise of nothing", async () => {}, "end a ok"],
  ["a promise of a stream", async () => one(), "event a one,end a ok"],
  ["nothing", () => undefined, "end a ok"],
  ["an error at once", () => fail("at once"), "end a error: at once"],
  [
    "a stream whose iterator cannot be made",
    () => ({ [Symbol.asyncIterator]: () => fail("none") }),
    "end a error: none"
  ],
  ["a stream that ends at once", () => iterable(async () => ({ done: true, value: undefined })), "end a ok"]
])("ends a run once whose handler returns %s [S0-52]", async (_what, handler, words) => {
  const memory = memoryRunner(handler as never)
  memory.hear(run("a", ""))
  await memory.drain()
  expect(memory.out.join()).toBe(words)
})

it.each<[string, () => AsyncIterable<RunEvent>]>([
  ["has no way to be stopped", () => iterable(ticking)],
  ["cannot be stopped", () => iterable(ticking, async () => fail("will not"))],
  ["says that it goes on", () => iterable(ticking, ticking)]
])("ends a cancelled run once whose stream %s [W0-05 S0-52]", async (_what, handler) => {
  const memory = memoryRunner(handler)
  memory.hear(run("a", ""))
  await until("it is under way", () => memory.out.length > 3)
  memory.hear(cancel("a"))
  await memory.drain()
  expect(memory.out.filter((word) => word.startsWith("end"))).toEqual(["end a cancelled"])
  expect(memory.out.at(-1)).toBe("end a cancelled")
})

it("gives the reason of the first cancel to the handler, and aborts its signal once [W0-05]", async () => {
  const reasons: Array<string> = []
  const memory = memoryRunner(async (_params, { signal }) => {
    signal.addEventListener("abort", () => reasons.push(`${signal.reason.name}: ${signal.reason.message}`))
    await turn()
  })
  memory.hear(run("a", ""), cancel("a", "too\ndear"), cancel("a", "again"))
  await memory.drain()
  expect(reasons).toEqual(["AbortError: the run was cancelled: too dear"])
  expect(memory.out).toEqual(["end a cancelled"])
})

it("pauses handlers while the host does not read, holds little, and loses nothing [S0-56]", async () => {
  let made = 0
  const memory = memoryRunner(
    async function* () {
      while (made < 1_000) yield { type: "item.completed", text: `${++made}` }
    },
    { maxUnwritten: 1_000 }
  )
  memory.hold()
  memory.hear(run("a", ""))
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(made).toBeGreaterThan(5)
  expect(made).toBeLessThan(30)
  memory.letGo()
  await memory.drain()
  expect(memory.out).toHaveLength(1_001)
})

it("cancels a run that is paused, and still sends what its clean-up yields [W0-05 S0-56]", async () => {
  const memory = memoryRunner(
    async function* () {
      try {
        while (true) yield { type: "item.delta" }
      } finally {
        yield { type: "usage" }
        yield { type: "goodbye" }
      }
    },
    { maxUnwritten: 100 }
  )
  memory.hold()
  memory.hear(run("a", ""))
  await until("it is under way", () => memory.out.length > 0)
  memory.hear(cancel("a"))
  memory.letGo()
  await memory.drain()
  expect(memory.out.slice(-3)).toEqual(["event a usage", "event a goodbye", "end a cancelled"])
})

it("says every required field and the author's own check, and a check that throws accuses the params [S0-51]", async () => {
  const check = (params: { count?: unknown }) =>
    params.count === 0 ? fail("zero") : typeof params.count === "number" ? undefined : "`count` is\nnot a number"
  const memory = memoryRunner(scriptedHandler, { required: ["count"], check: check as never })
  for (const [id, count] of ["x", 0, 1].entries()) memory.hear(run(`${id}`, "say fine", { count }))
  memory.hear(run("none", "say fine"))
  await memory.drain()
  expect(memory.out).toEqual([
    "end 0 error: invalid-params: `count` is not a number",
    "end 1 error: invalid-params: zero",
    "end none error: invalid-params: missing field `count`",
    "event 2 fine",
    "end 2 ok"
  ])
})

it("writes one fatal line, cancels every run and says nothing more [S0-55]", async () => {
  const memory = memoryRunner(scriptedHandler)
  memory.hear(run("a", "say 1; until-cancelled"), run("b", "until-cancelled"))
  await until("a is under way", () => memory.out.length === 1)
  await memory.runner.fatal(new Error("the model\nis gone"))
  memory.hear(run("c", "say 3"))
  await memory.drain()
  expect(memory.out).toEqual(["event a 1"])
  expect(memory.err).toEqual(["fatal: the model is gone"])
})

it("cancels every run and writes nothing more when the host is gone", async () => {
  const memory = memoryRunner(scriptedHandler, { maxUnwritten: 10 })
  memory.hold()
  memory.hear(run("a", "say 1; say 2; say 3"), run("b", "until-cancelled"))
  await until("a is paused", () => memory.out.length === 1)
  memory.runner.hostGone()
  await memory.runner.finished
  expect(memory.out).toEqual(["event a 1"])
})

it("is unmoved by everything that a context is asked for after the end [S0-52]", async () => {
  let late: ReadonlyArray<() => unknown> = []
  const memory = memoryRunner(async (_params, context) => {
    late = [
      () => context.diag("info", "late"),
      () => context.send({ type: "late" }),
      () => context.ask({ kind: "question" }).catch((error: Error) => error.message)
    ]
  })
  memory.hear(run("a", ""))
  await until("it has ended", () => memory.out.length === 1)
  expect(await Promise.all(late.map((deed) => deed()))).toEqual([undefined, undefined, "the run has ended"])
  await turn()
  expect({ out: memory.out, err: memory.err }).toEqual({ out: ["end a ok"], err: [] })
})

async function* one(): AsyncGenerator<RunEvent> {
  yield { type: "one" }
}

async function ticking(): Promise<IteratorResult<RunEvent>> {
  await turn()
  return { done: false, value: { type: "tick" } }
}

function iterable(
  next: () => Promise<IteratorResult<RunEvent>>,
  stop?: () => Promise<IteratorResult<RunEvent>>
): AsyncIterable<RunEvent> {
  return { [Symbol.asyncIterator]: () => ({ next, ...(stop === undefined ? {} : { return: stop }) }) }
}

function fail(message: string): never {
  throw new Error(message)
}
