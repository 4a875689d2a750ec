import { appendFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@signalbox/proof"
import { expect, it } from "vitest"
import { startExample } from "./child.ts"

const start = () => startExample(process.execPath, "typescript/runner.ts")
const run = (id: string, params: unknown) => ({ type: "run", id, params })

it("says hello first and reads a file to its end [S0-50 W0-16]", async () => {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, "log"), "é one\ntwo\n")
  const example = start()
  example.hear(run("a", { prompt: "log", cwd }))
  expect(await example.drain()).toBe(0)
  expect(example.out()[0]).toMatchObject({ type: "hello", protocol: 1, agent: "follow" })
  expect(example.texts("a")).toEqual({ deltas: "é one\ntwo\n", whole: "é one\ntwo\n" })
  expect(example.ends("a")).toMatchObject([{ status: "ok" }])
  expect(example.err()).toMatchObject([{ type: "diag", id: "a", message: `following ${join(cwd, "log")}` }])
})

it("follows two files at once, interleaved, and finishes both after its input has ended [S0-10 S0-17]", async () => {
  const cwd = temporaryFolder()
  for (const name of ["a", "b"]) writeFileSync(join(cwd, name), "")
  const example = start()
  for (const name of ["a", "b"]) example.hear(run(name, { prompt: name, cwd, until: "ready" }))
  for (const [name, text] of [
    ["a", "1"],
    ["b", "1"],
    ["a", "12"],
    ["b", "12"]
  ] as const) {
    appendFileSync(join(cwd, name), text.slice(-1))
    await example.until(`${name} has said ${text}`, () => example.texts(name).deltas === text)
  }
  const end = example.drain()
  appendFileSync(join(cwd, "b"), "ready")
  await example.until("b has ended", () => example.ends("b").length === 1)
  expect(example.ends("a")).toEqual([])
  appendFileSync(join(cwd, "a"), "ready")
  expect(await end).toBe(0)
  expect([example.ends("a"), example.ends("b")]).toMatchObject([[{ status: "ok" }], [{ status: "ok" }]])
})

it("cancels a run that waits, answers bad params, and says why a file cannot be read [W0-05 S0-51 S0-52]", async () => {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, "log"), "one")
  const example = start()
  example.hear(
    run("wait", { prompt: "log", cwd, until: "never" }),
    run("none", {}),
    run("bad", { prompt: "log", until: 7 })
  )
  example.hear(run("lost", { prompt: "no-such-file", cwd }))
  await example.until("the first run waits", () => example.texts("wait").deltas === "one")
  example.hear({ type: "cancel", id: "wait" })
  expect(await example.drain()).toBe(0)
  expect(example.ends("wait")).toMatchObject([{ status: "cancelled" }])
  expect(example.ends("none")).toMatchObject([{ error: "invalid-params: missing field `prompt`" }])
  expect(example.ends("bad")).toMatchObject([{ error: "invalid-params: `until` is not a text" }])
  expect(example.ends("lost")).toMatchObject([{ status: "error", error: expect.stringMatching(/^ENOENT/) }])
})
