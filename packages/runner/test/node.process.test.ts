import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@signalbox/proof"
import { expect, it } from "vitest"
import { type Frame, startChild, startNode } from "./child.ts"
import { cancel, run } from "./memory-runner.ts"

const has = (part: Frame) => (frames: ReadonlyArray<Frame>) =>
  frames.some((frame) => Object.entries(part).every(([key, value]) => frame[key] === value))

it("says hello first, does runs that overlap, and exits 0 when its input ends [W0-16 S0-10 S0-50]", async () => {
  const child = startChild("scripted")
  child.hear(run("a", "ask first?; say é\u2028\u{1f600}"), run("b", "say 1; say 2"))
  await child.untilOut("b has ended while a waits", has({ type: "end", id: "b" }))
  child.hear({ type: "answer", id: "a", request: "ask-1", value: "yes" })
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.out()[0]).toMatchObject({ type: "hello", protocol: 1, agent: "scripted", version: "1.0.0" })
  expect(child.story("a")).toEqual(["ask", "event", "event", "end ok"])
  expect(child.story("b")).toEqual(["event", "event", "end ok"])
  expect(child.out().at(-2)).toMatchObject({ event: { text: "é\u2028\u{1f600}" } })
  expect(child.err()).toEqual([])
})

it("finishes what runs after its input has ended, also a last line without its newline [S0-10]", async () => {
  const child = startChild("scripted")
  child.hear(run("a", "send 1; say 2"), JSON.stringify(run("b", "say 1")))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.story("a")).toEqual(["event", "event", "end ok"])
  expect(child.story("b")).toEqual(["event", "end ok"])
})

it("takes a line in pieces, and skips one that is too long [S0-51]", async () => {
  const child = startChild("scripted")
  const line = JSON.stringify(run("a", "say é"))
  for (const byte of Buffer.from(line)) child.child.stdin.write(Buffer.from([byte]))
  child.hear("\n", `{"type":"run","id":"big","params":{"prompt":"${"x".repeat(17_000_000)}"}}\n`, run("b", "say 1"))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.story("a")).toEqual(["event", "end ok"])
  expect(child.story("b")).toEqual(["event", "end ok"])
  expect(child.err().map((frame) => frame["message"])).toEqual([
    expect.stringMatching(/^ignored a line of 170000\d\d bytes/)
  ])
})

it("writes whole lines only, however many runs speak at once [S0-24 S0-50]", async () => {
  const child = startChild("scripted")
  for (let id = 0; id < 50; id++) child.hear(run(`${id}`, "say-big 30000; say 2; say-big 30000; diag x; say 4"))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.out()).toHaveLength(1 + 50 * 5)
  expect(child.err()).toHaveLength(50)
})

it("keeps what others print out of the protocol and says it as diagnostics of the run [S0-40 S0-50]", async () => {
  const child = startChild("printing")
  child.hear(run("a", ""))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.story("a")).toEqual(["event", "end ok"])
  const [starting, log, table, error, forged, dot] = child.err()
  expect(starting).toEqual({ type: "diag", level: "info", message: "starting" })
  expect(log).toEqual({ type: "diag", id: "a", level: "info", message: "log of a" })
  expect(table?.["message"]).toContain("│")
  expect(error).toEqual({ type: "diag", id: "a", level: "warn", message: "error of a" })
  expect(forged).toMatchObject({ level: "info", message: '{"type":"end","id":"a","status":"ok"}' })
  expect(dot).toMatchObject({ level: "info", message: "." })
})

it("says one fatal line and exits 1 when it cannot start [S0-55]", async () => {
  const child = startChild("start-fails")
  expect(await child.exit()).toBe(1)
  expect(child.out()).toEqual([])
  expect(child.err()).toEqual([{ type: "fatal", message: "the model cannot be loaded" }])
})

it("says one fatal line and exits 1 when the process breaks, and loses no end that was said before [S0-55 S0-40]", async () => {
  const child = startChild("crashing")
  child.hear(run("a", "fine"), run("b", "crash"))
  expect(await child.exit()).toBe(1)
  expect(child.story("a")).toEqual(["event", "end ok"])
  expect(child.story("b")).toEqual(["event"])
  expect(child.err()).toEqual([{ type: "fatal", message: "out of luck" }])
})

it("says fatal and exits 1 when nothing is left that could finish a run [S0-55]", async () => {
  const child = startChild("stalled")
  child.hear(run("a", ""))
  child.closeInput()
  expect(await child.exit()).toBe(1)
  expect(child.err()).toEqual([{ type: "fatal", message: "nothing is left that could finish what is in flight" }])
})

it("says a promise that nobody waited for as a diagnostic, and every run goes on [S0-54]", async () => {
  const child = startChild("stray-rejection")
  child.hear(run("a", ""))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.story("a")).toEqual(["event", "end ok"])
  expect(child.err()).toMatchObject([{ type: "diag", level: "error", message: expect.stringContaining("forgotten") }])
})

it("exits although something else would keep the process alive [S0-10]", async () => {
  const child = startChild("lingering")
  child.closeInput()
  expect(await child.exit()).toBe(0)
})

it("refuses to serve twice in one process, in a sentence", async () => {
  const child = startChild("twice")
  child.closeInput()
  expect(await child.exit()).toBe(1)
  expect(child.err()).toMatchObject([{ type: "fatal", message: expect.stringContaining("call it once") }])
})

it("pauses its handlers while the host does not read, and still hears a cancel [S0-56 W0-05]", async () => {
  const child = startChild("flooding")
  child.child.stdout.pause()
  child.hear(run("a", join(temporaryFolder(), "marker")))
  let before = 0
  await child.untilErr("the handler stands still", (frames) => {
    const last = Number(String(frames.at(-1)?.["message"] ?? "").split(" ")[1] ?? 0)
    const still = frames.length > 20 && last > 0 && frames.at(-1)?.["message"] === frames.at(-3)?.["message"]
    before = last
    return still
  })
  expect(before * 10_000).toBeLessThan(4 * 1_048_576)
  child.hear(cancel("a"))
  child.child.stdout.resume()
  child.closeInput()
  expect(await child.exit()).toBe(0)
  const story = child.story("a")
  expect(story.at(-1)).toBe("end cancelled")
  expect(story.length).toBeLessThan(before + 10)
})

it("cancels its runs, lets them clean up and exits when nobody reads its output any more", async () => {
  const child = startChild("flooding")
  const marker = join(temporaryFolder(), "marker")
  child.hear(run("a", marker))
  await child.untilOut("it is under way", (frames) => frames.length > 10)
  child.child.stdout.destroy()
  expect(await child.exit()).toBe(1)
  expect(existsSync(marker)).toBe(true)
})

it("goes on without stderr", async () => {
  const child = startChild("scripted")
  await child.untilOut("it has said hello", (frames) => frames.length === 1)
  child.child.stderr.destroy()
  child.hear(run("a", "diag lost; diag lost; say 1"), run("b", "diag lost; throw x"))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  expect(child.story("a")).toEqual(["event", "end ok"])
  expect(child.story("b")).toEqual(["end error"])
})

it("does what the first example of the README says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const [, example = ""] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const child = startNode("--input-type=module", "--eval", example)
  child.hear(run("a", "one two three"), run("b", "x ".repeat(10_000)))
  await child.untilOut("a has ended", has({ type: "end", id: "a", status: "ok" }))
  child.hear(cancel("b"))
  child.closeInput()
  expect(await child.exit()).toBe(0)
  const completed = child
    .out()
    .filter((frame) => frame["id"] === "a")
    .at(-2)
  expect(completed).toMatchObject({ event: { type: "item.completed", item: { text: "three two one " } } })
  expect(child.story("b").at(-1)).toBe("end cancelled")
})
