import { needs } from "@signalbox/proof"
import { expect } from "vitest"
import { startExample } from "./child.ts"

const it = needs("python3")
const start = () => startExample("python3", "python/runner.py")
const run = (id: unknown, params: unknown) => ({ type: "run", id, params })
const long = { prompt: "A sentence of several words. ".repeat(40), pace_ms: 20 }

it("says hello first and answers with deltas that add up [S0-18 S0-50 W0-16]", async () => {
  const example = start()
  example.hear(
    { type: "hello", protocol: 1 },
    run("a", { prompt: "Runners are simple. Runners\u2028 work: \u{1f600} é." })
  )
  expect(await example.drain()).toBe(0)
  expect(example.out()[0]).toMatchObject({ type: "hello", protocol: 1, capabilities: { cancel: "cooperative" } })
  const { deltas, whole } = example.texts("a")
  expect(whole).toBe(
    "6 words in 2 sentences, 1 min to read.\nIt speaks of runners, simple.\nIt begins: Runners are simple."
  )
  expect(deltas).toBe(whole)
  expect(example.ends("a")).toMatchObject([{ status: "ok" }])
  expect(example.err()).toEqual([])
})

it("does two runs at once, their events interleaved [S0-17 S0-50]", async () => {
  const example = start()
  example.hear(run("a", long), run("b", long))
  await example.until("both have spoken", () => ["a", "b"].every((id) => example.texts(id).deltas.length > 20))
  expect([...example.ends("a"), ...example.ends("b")]).toEqual([])
  expect(await example.drain()).toBe(0)
  expect([example.ends("a"), example.ends("b")]).toMatchObject([[{ status: "ok" }], [{ status: "ok" }]])
})

it("cancels the run that is meant, once, and no other [W0-05 S0-52]", async () => {
  const example = start()
  example.hear({ type: "cancel", id: "a" }, run("a", { ...long, pace_ms: 60_000 }), run("b", { prompt: "Short." }))
  await example.until("b has ended", () => example.ends("b").length === 1)
  for (const id of ["a", "a", "b", "unknown"]) example.hear({ type: "cancel", id })
  await example.until("a has ended", () => example.ends("a").length === 1)
  example.hear({ type: "cancel", id: "a" }, run("a", { prompt: "Again." }))
  expect(await example.drain()).toBe(0)
  expect(example.ends("a")).toMatchObject([{ status: "cancelled" }, { status: "ok" }])
  expect(example.ends("b")).toMatchObject([{ status: "ok" }])
})

it("finishes what runs when its input ends, and exits 0 [S0-10]", async () => {
  const example = start()
  for (let id = 0; id < 20; id++) example.hear(run(`${id}`, long))
  expect(await example.drain()).toBe(0)
  for (let id = 0; id < 20; id++) expect(example.ends(`${id}`)).toMatchObject([{ status: "ok" }])
})

it("answers bad params and unknown types with an error, and ignores what nobody can answer [S0-51]", async () => {
  const example = start()
  example.hear(
    "",
    "{oops",
    "[1]",
    "7",
    "[".repeat(100_000),
    { type: "run", id: "", params: {} },
    run(7, { prompt: "x" })
  )
  example.hear({ type: "dance" }, { type: "answer", id: "a", request: "1", value: 1 }, { type: "dance", id: "type" })
  example.hear({ type: "run", id: "none" }, run("list", []), run("empty", {}), run("number", { prompt: 7 }))
  example.hear(
    run("parts", { prompt: [{ type: "text", text: "Two parts." }] }),
    run("pace", { prompt: "x", pace_ms: "1" })
  )
  expect(await example.drain()).toBe(0)
  const errors = example.out().flatMap((frame) => (frame.type === "end" && frame.status === "error" ? [frame] : []))
  expect(Object.fromEntries(errors.map((frame) => [frame.id, frame.error]))).toEqual({
    type: "unknown-type: dance",
    none: "invalid-params: missing field `params`",
    list: "invalid-params: `params` is not an object",
    empty: "invalid-params: missing field `prompt`",
    number: "invalid-params: wrong type of `prompt`",
    pace: "invalid-params: `pace_ms` is not a number from 0 to 60000"
  })
  expect(example.ends("parts")).toMatchObject([{ status: "ok" }])
  expect(example.ends("a")).toEqual([])
  expect(example.err()).toEqual([])
})

it("says a diagnostic about an id in flight and leaves its run alone [S0-51 W0-06]", async () => {
  const example = start()
  example.hear(run("a", long), run("a", { prompt: "Second." }), { type: "dance", id: "a" })
  expect(await example.drain()).toBe(0)
  expect(example.ends("a")).toMatchObject([{ status: "ok" }])
  expect(example.err().map((frame) => frame.message)).toEqual([
    "duplicate-id: the line was ignored; the run goes on",
    "unknown-type: dance: the line was ignored; the run goes on"
  ])
})

it("goes away when nobody reads its output any more", async () => {
  const example = start()
  example.hear(run("a", long))
  await example.until("a has spoken", () => example.texts("a").deltas.length > 0)
  example.child.stdout.destroy()
  expect(await example.exit()).toBe(1)
})
