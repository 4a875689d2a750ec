import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { rounds, temporaryFolder, until } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { explanation } from "../src/playbook.ts"
import { startPlaybook, steps } from "./playbook-process.ts"

describe("a run", () => {
  it("says hello, then prose and steps in the order of the prompt", async () => {
    const playbook = startPlaybook()
    const prompt =
      "# Check\n\nFirst this:\n\n```sh\necho one\n```\n\nThen that:\n\n```js\nno()\n```\n~~~bash\necho two\n~~~\nDone.\n"
    expect(await playbook.run("a", { prompt })).toEqual({ type: "end", id: "a", status: "ok" })
    expect(playbook.frames[0]).toMatchObject({ type: "hello", protocol: 1, agent: "playbook" })
    expect(playbook.items("a").map((item) => [item.id, item.type, item.text ?? item.aggregated_output])).toEqual([
      ["item_0", "agent_message", "# Check\n\nFirst this:"],
      ["item_1", "command_execution", "one\n"],
      ["item_2", "agent_message", "Then that:\n\n```js\nno()\n```"],
      ["item_3", "command_execution", "two\n"],
      ["item_4", "agent_message", "Done."]
    ])
    const types = playbook.events("a").map((event) => event.type)
    expect([types[0], types.at(-1)]).toEqual(["turn.started", "turn.completed"])
  })

  it("shows the output of a step while it is running", async () => {
    const playbook = startPlaybook()
    const go = join(temporaryFolder(), "go")
    const code = "echo one\nuntil [ -e $go ]; do sleep 0.01; done\necho two >&2"
    playbook.start("a", { prompt: steps(code), env: { go } })
    await until("the first delta", () => playbook.output("a") === "one\n")
    expect(playbook.items("a")).toEqual([])
    writeFileSync(go, "")
    await playbook.ended("a")
    expect(playbook.events("a")[1]).toEqual({
      type: "item.started",
      item: {
        id: "item_0",
        type: "command_execution",
        command: code,
        line: 1,
        aggregated_output: "",
        status: "in_progress"
      }
    })
    expect(playbook.events("a")[2]).toEqual({
      type: "item.delta",
      item_id: "item_0",
      field: "aggregated_output",
      delta: "one\n"
    })
    const [item] = playbook.items("a")
    expect(item).toMatchObject({ command: code, aggregated_output: "one\ntwo\n", exit_code: 0, status: "completed" })
    expect(item?.duration_ms).toBeGreaterThan(0)
  })

  it("explains itself to a prompt without a step, and completes", async () => {
    const playbook = startPlaybook()
    expect(await playbook.run("a", { prompt: "hello" })).toMatchObject({ status: "ok" })
    expect(playbook.items("a")).toEqual([{ id: "item_0", type: "agent_message", text: explanation }])
    expect(playbook.events("a").at(-1)?.type).toBe("turn.completed")
  })

  it("refuses a playbook with an unclosed fence before it runs anything of it", async () => {
    const playbook = startPlaybook()
    const mark = join(temporaryFolder(), "mark")
    const end = await playbook.run("a", { prompt: `${steps(`touch ${mark}`)}\n\`\`\`sh\necho\n` })
    expect(end).toMatchObject({ status: "error", error: expect.stringMatching(/^line 5: .*never closed/) })
    expect(playbook.events("a").at(-1)).toEqual({ type: "turn.failed", error: { message: end.error } })
    expect(existsSync(mark)).toBe(false)
  })

  it("stops at the first failure and says which step it was", async () => {
    const playbook = startPlaybook()
    const end = await playbook.run("a", { prompt: steps("true", "exit 3", "echo never", "echo never") })
    const sentence = "step 2 (line 4) failed with exit code 3; the 2 steps after it were not run"
    expect(end).toEqual({ type: "end", id: "a", status: "error", error: sentence })
    expect(playbook.items("a").map((item) => [item.status, item.exit_code])).toEqual([
      ["completed", 0],
      ["failed", 3]
    ])
    expect(playbook.output("a")).toBe("")
    expect(playbook.diags("a")).toEqual([])
  })

  it("runs every step with continue_on_failure, and fails in the end with all that failed", async () => {
    const playbook = startPlaybook()
    const prompt = steps("exit 3", "echo two", "exit 4")
    const end = await playbook.run("a", { prompt, continue_on_failure: true })
    expect(end.error).toBe("step 1 (line 1) failed with exit code 3; step 3 (line 7) failed with exit code 4")
    expect(playbook.output("a")).toBe("two\n")
  })

  it("forgives the failure of a step whose fence says continue", async () => {
    const playbook = startPlaybook()
    const end = await playbook.run("a", { prompt: `\`\`\`sh continue\nexit 3\n\`\`\`\n${steps("echo two")}` })
    expect(end.status).toBe("ok")
    expect(playbook.items("a").map((item) => item.status)).toEqual(["failed", "completed"])
  })

  it("works in the folder and with the variables that it is given", async () => {
    const playbook = startPlaybook({ env: { BOTH: "outer", OUTER: "outer" } })
    const cwd = temporaryFolder()
    await playbook.run("a", { prompt: steps('echo "$PWD $BOTH $OUTER $SIGNALBOX_RUN"'), cwd, env: { BOTH: "inner" } })
    expect(playbook.output("a")).toBe(`${cwd} inner outer a\n`)
  })

  it("refuses a folder that does not exist in a sentence", async () => {
    const playbook = startPlaybook()
    const end = await playbook.run("a", { prompt: steps("true"), cwd: "/nowhere/at all" })
    expect(end.error).toBe("cwd: /nowhere/at all is not a folder that can be entered")
    expect(playbook.diags("a")).toEqual([])
  })

  it.each<[string, unknown]>([
    ["no params", undefined],
    ["no prompt", {}],
    ["a prompt that is a number", { prompt: 3 }],
    ["an env that is a text", { prompt: "", env: "A=1" }],
    ["a time limit that is a text", { prompt: "", step_timeout_ms: "1s" }]
  ])("answers %s with invalid-params, and goes on with the next run [S0-51]", async (_what, params) => {
    const playbook = startPlaybook()
    expect(await playbook.run("bad", params)).toMatchObject({
      status: "error",
      error: expect.stringMatching(/^invalid-params: /)
    })
    expect(await playbook.run("good", { prompt: steps("true") })).toMatchObject({ status: "ok" })
  })

  it("finishes what runs when its input ends, and exits with 0 [S0-10]", async () => {
    const playbook = startPlaybook()
    const go = join(temporaryFolder(), "go")
    playbook.start("a", { prompt: steps(`until [ -e ${go} ]; do sleep 0.01; done`, "echo done") })
    await until("the step is running", () => playbook.events("a").length === 2)
    playbook.child.stdin?.end()
    writeFileSync(go, "")
    expect(await playbook.exit).toBe(0)
    expect(playbook.output("a")).toBe("done\n")
    expect(playbook.frames.at(-1)).toEqual({ type: "end", id: "a", status: "ok" })
  })

  it("carries many runs at once and mixes nothing up", async () => {
    const playbook = startPlaybook()
    const ids = Array.from({ length: rounds(200, 60) }, (_, index) => `run-${index}`)
    const prompt = steps('mine=$SIGNALBOX_RUN; echo "first $mine"', 'echo "second $mine"')
    const ends = await Promise.all(ids.map((id) => playbook.run(id, { prompt })))
    expect(ends.map((end) => end.status)).toEqual(ids.map(() => "ok"))
    for (const id of ids) expect(playbook.output(id)).toBe(`first ${id}\nsecond ${id}\n`)
  })
})
