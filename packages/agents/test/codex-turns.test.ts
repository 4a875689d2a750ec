import { codexAgent } from "@signalbox/agents"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fakeCodex } from "./fake-codex.ts"
import { startDialect } from "./heard.ts"

const openTurn = () => {
  const codex = fakeCodex()
  codex.ready()
  codex.run("a")
  codex.turnOf("a")
  return codex
}

describe("opening a run", () => {
  it("keeps runs until Codex is ready, then opens them in order", () => {
    const codex = fakeCodex()
    codex.run("a", { cwd: "/one" })
    codex.run("b", { cwd: "/two" })
    expect(codex.methods()).toEqual(["initialize"])
    codex.ready()
    expect(codex.methods()).toEqual(["initialize", "initialized", "thread/start", "thread/start"])
    expect(codex.asked().flatMap(({ params }) => params?.["cwd"] ?? [])).toEqual(["/one", "/two"])
  })

  it("lets Codex ask nobody and write in the workspace only, unless the run says otherwise", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a")
    expect(codex.asked().at(-1)?.params).toEqual({ approvalPolicy: "never", sandbox: "workspace-write" })
    codex.run("b", { approval_policy: "on-request", sandbox: "read-only" })
    expect(codex.asked().at(-1)?.params).toEqual({ approvalPolicy: "on-request", sandbox: "read-only" })
  })

  it("passes model, effort and content parts on in Codex's words", () => {
    const codex = fakeCodex()
    codex.ready()
    const prompt = [
      { type: "text", text: "look" },
      { type: "local_image", path: "/a.png" }
    ]
    codex.run("a", { model: "m", effort: "high", prompt })
    expect(codex.asked().at(-1)?.params).toMatchObject({ model: "m" })
    codex.answer("thread/start", { thread: { id: "t-a" } })
    expect(codex.asked().at(-1)?.params).toEqual({
      threadId: "t-a",
      effort: "high",
      input: [
        { type: "text", text: "look", text_elements: [] },
        { type: "localImage", path: "/a.png" }
      ]
    })
  })

  it("refuses params of a wrong type, naming the field", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a", { effort: 3 })
    expect(codex.frames.at(-1)).toMatchObject({ status: "error", error: expect.stringContaining("effort") })
    expect(codex.methods()).toEqual(["initialize", "initialized"])
  })

  it("refuses a thread that carries another run and leaves that run alone", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a", { resume: "t-a" })
    codex.run("b", { resume: "t-a" })
    expect(codex.frames.at(-1)).toMatchObject({ id: "b", status: "error" })
    codex.answer("thread/resume", { thread: { id: "t-a" } })
    codex.run("c", { resume: "t-a" })
    expect(codex.frames.at(-1)).toMatchObject({ id: "c", status: "error" })
    codex.complete("a", "completed")
    expect(codex.frames.at(-1)).toEqual({ type: "end", id: "a", status: "ok" })
  })

  it("ends the run when Codex does not start the turn, and puts the thread away", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a")
    codex.answer("thread/start", { thread: { id: "t-a" } })
    codex.refuse("turn/start", "no such model")
    const error = "codex did not start the turn: no such model"
    expect(codex.frames.at(-1)).toEqual({ type: "end", id: "a", status: "error", error })
    expect(codex.methods().slice(-2)).toEqual(["thread/archive", "thread/unarchive"])
  })

  it("takes a thread back that was left in the archive", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a", { resume: "t-a" })
    codex.refuse("thread/resume", "session t-a is archived")
    expect(codex.methods().slice(-2)).toEqual(["thread/unarchive", "thread/resume"])
    codex.answer("thread/resume", { thread: { id: "t-a" } })
    expect(codex.words().at(-1)).toBe("a thread.started")
  })

  it("ends a run whose params JSON cannot carry, and writes nothing for it", () => {
    const codex = fakeCodex()
    codex.ready()
    const before = codex.written.length
    codex.run("a", { config: { huge: 1n } })
    expect(codex.frames.at(-1)).toMatchObject({ status: "error", error: expect.stringContaining("JSON") })
    expect(codex.written).toHaveLength(before)
  })

  it("says fatal when Codex refuses the handshake", () => {
    const codex = fakeCodex()
    codex.refuse("initialize", "too old")
    expect(codex.frames).toEqual([{ type: "fatal", message: "codex refused to start: too old" }])
  })
})

describe("cancelling a run", () => {
  it("ends a run that still waits for Codex, and never opens it [W0-05]", () => {
    const codex = fakeCodex()
    codex.run("a")
    codex.cancel("a")
    codex.ready()
    expect(codex.words()).toEqual(["hello codex 1.2.3", "a end cancelled"])
    expect(codex.methods()).not.toContain("thread/start")
  })

  it("ends a run whose thread is being opened, and puts the thread away when it comes [W0-05]", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a")
    codex.cancel("a")
    expect(codex.words().at(-1)).toBe("a end cancelled")
    codex.answer("thread/start", { thread: { id: "t-a" } })
    expect(codex.methods().slice(-2)).toEqual(["thread/archive", "thread/unarchive"])
    expect(codex.methods()).not.toContain("turn/start")
  })

  it("waits with the interruption until the turn has started [W0-05]", () => {
    const codex = fakeCodex()
    codex.ready()
    codex.run("a")
    codex.answer("thread/start", { thread: { id: "t-a" } })
    codex.cancel("a")
    codex.answer("turn/start", { turn: { id: "u-a" } })
    expect(codex.methods()).not.toContain("turn/interrupt")
    codex.tell("turn/started", { threadId: "t-a", turn: { id: "u-a" } })
    expect(codex.asked().at(-1)).toMatchObject({
      method: "turn/interrupt",
      params: { threadId: "t-a", turnId: "u-a" }
    })
  })

  it("interrupts once, however often it is asked [W0-05]", () => {
    const codex = openTurn()
    for (let times = 0; times < 3; times++) codex.cancel("a")
    expect(codex.methods().filter((method) => method === "turn/interrupt")).toHaveLength(1)
  })

  it("interrupts again when Codex refused although the turn goes on [W0-05]", () => {
    const codex = openTurn()
    codex.cancel("a")
    codex.refuse("turn/interrupt", "no active turn to interrupt")
    codex.tell("item/agentMessage/delta", { threadId: "t-a", itemId: "m", delta: "x" })
    expect(codex.methods().filter((method) => method === "turn/interrupt")).toHaveLength(2)
  })

  it("tells who won: a turn that completed first ends ok [W0-05]", () => {
    const codex = openTurn()
    codex.cancel("a")
    codex.complete("a", "completed")
    codex.cancel("a")
    codex.refuse("turn/interrupt", "no active turn to interrupt")
    expect(codex.frames.filter((frame) => frame.type === "end")).toEqual([{ type: "end", id: "a", status: "ok" }])
  })

  it("does nothing for an unknown run [W0-05]", () => {
    const codex = fakeCodex()
    codex.ready()
    const before = codex.written.length
    codex.cancel("nobody")
    expect(codex.written).toHaveLength(before)
  })

  it("stops the commands of an interrupted turn and ends when they are gone [W0-05]", () => {
    const codex = openTurn()
    const item = { type: "commandExecution", id: "c", status: "inProgress", command: "sleep 9" }
    codex.tell("item/started", { threadId: "t-a", item })
    codex.tell("item/commandExecution/outputDelta", { threadId: "t-a", itemId: "c", delta: "zz" })
    codex.cancel("a")
    codex.complete("a", "interrupted")
    expect(codex.methods()).toContain("thread/backgroundTerminals/clean")
    expect(codex.words()).not.toContain("a end cancelled")
    codex.answer("thread/archive", {})
    expect(codex.words().slice(-3)).toEqual([
      "a item.completed command_execution failed",
      "a turn.failed",
      "a end cancelled"
    ])
    const closed = codex.frames.findLast((frame) => frame.type === "event" && frame.event.type === "item.completed")
    expect(closed).toMatchObject({ event: { item: { aggregated_output: "zz", interrupted: true } } })
  })
})

describe("what Codex tells", () => {
  it("keeps what has no counterpart as a vendor event, unchanged", () => {
    const codex = openTurn()
    const params = { threadId: "t-a", anything: [1, { two: 2 }] }
    codex.tell("turn/somethingNew", params)
    const event = { type: "vendor", agent: "codex", name: "turn/somethingNew", raw: params }
    expect(codex.frames.at(-1)).toEqual({ type: "event", id: "a", event })
  })

  it("keeps a known notice of an unknown shape as a vendor event", () => {
    const codex = openTurn()
    codex.tell("item/started", { threadId: "t-a", item: "not an item" })
    expect(codex.words().at(-1)).toBe("a vendor item/started")
  })

  it("gives what no run owns to all open runs", () => {
    const codex = openTurn()
    codex.run("b")
    codex.tell("mcpServer/startupStatus/updated", { name: "files", status: "ready" })
    expect(codex.words().slice(-2)).toEqual(["a", "b"].map((run) => `${run} vendor mcpServer/startupStatus/updated`))
  })

  it("passes a warning about the process on once", () => {
    const codex = openTurn()
    for (let times = 0; times < 3; times++) codex.tell("configWarning", { summary: "odd", details: "very" })
    const diags = codex.frames.filter((frame) => frame.type === "diag")
    expect(diags).toEqual([{ type: "diag", level: "warn", message: "odd: very" }])
  })

  it("makes one todo list of the plans of a turn", () => {
    const codex = openTurn()
    const plan = [{ step: "look", status: "inProgress" }]
    codex.tell("turn/plan/updated", { threadId: "t-a", turnId: "u-a", plan })
    codex.tell("turn/plan/updated", { threadId: "t-a", turnId: "u-a", plan: [{ step: "look", status: "completed" }] })
    codex.complete("a", "completed")
    expect(codex.words().slice(-5)).toEqual([
      "a item.started todo_list",
      "a item.updated todo_list",
      "a item.completed todo_list",
      "a turn.completed",
      "a end ok"
    ])
  })

  it("translates the changes of files, and keeps kinds that it does not know under snake_case names", () => {
    const codex = openTurn()
    const changes = [{ path: "/x", kind: { type: "update", move_path: "/y" }, diff: "d" }]
    codex.tell("item/started", {
      threadId: "t-a",
      item: { type: "fileChange", id: "f", status: "inProgress", changes }
    })
    expect(codex.frames.at(-1)).toMatchObject({
      event: {
        item: {
          type: "file_change",
          status: "in_progress",
          changes: [{ path: "/x", kind: "update", move_path: "/y", diff: "d" }]
        }
      }
    })
    codex.tell("item/completed", { threadId: "t-a", item: { type: "brandNew", id: "n", someField: 1, empty: null } })
    expect(codex.frames.at(-1)).toMatchObject({ event: { item: { type: "brand_new", id: "n", some_field: 1 } } })
  })

  it("separates the parts of a summary as the completed text does", () => {
    const codex = openTurn()
    const at = { threadId: "t-a", itemId: "r" }
    codex.tell("item/started", { ...at, item: { type: "reasoning", id: "r", summary: [], content: [] } })
    for (const [summaryIndex, delta] of [
      [0, "one"],
      [1, "two"]
    ] as const) {
      codex.tell("item/reasoning/summaryPartAdded", { ...at, summaryIndex })
      codex.tell("item/reasoning/summaryTextDelta", { ...at, summaryIndex, delta })
    }
    codex.tell("item/completed", { ...at, item: { type: "reasoning", id: "r", summary: ["one", "two"], content: [] } })
    const deltas = codex.frames.flatMap((frame) => (frame.type === "event" ? (frame.event["delta"] ?? []) : []))
    expect(codex.frames.at(-1)).toMatchObject({ event: { item: { text: deltas.join("") } } })
  })

  it("ignores late words about a thread whose run is over", () => {
    const codex = openTurn()
    codex.complete("a", "completed")
    const before = codex.frames.length
    codex.tell("item/agentMessage/delta", { threadId: "t-a", itemId: "m", delta: "late" })
    codex.complete("a", "failed")
    expect(codex.frames).toHaveLength(before)
  })

  it.each([
    ["not_json", "hello?"],
    ["not_object", "[1]"],
    ["wrong_shape", '{"id":99,"result":{}}'],
    ["wrong_shape", "{}"]
  ])("counts a line as %s: %s", (kind, line) => {
    const codex = fakeCodex()
    codex.line(line)
    expect(codex.strays).toEqual([{ stream: "stdout", kind, sample: line }])
  })

  it("ignores empty lines", () => {
    const codex = fakeCodex()
    codex.line("")
    codex.line("  ")
    expect([...codex.strays, ...codex.frames]).toEqual([])
  })
})

describe("what Codex asks", () => {
  const ask = (method: string, params: object = {}) => {
    const codex = openTurn()
    codex.line(JSON.stringify({ id: 0, method, params: { threadId: "t-a", turnId: "u-a", itemId: "c", ...params } }))
    return codex
  }
  const request = "request-number-0"

  it.each([
    ["accept", "accept"],
    [true, "accept"],
    ["allow", "accept"],
    ["allow_always", "acceptForSession"],
    [{ decision: "accept" }, "accept"],
    ["deny", "decline"],
    [false, "decline"],
    [undefined, "decline"],
    ["whatever", "decline"],
    [{ odd: 1 }, "decline"],
    ["toString", "decline"],
    ["cancel", "cancel"]
  ])("takes the answer %j as %s", (value, decision) => {
    const codex = ask("item/fileChange/requestApproval")
    codex.host({ type: "answer", id: "a", request, value })
    expect(codex.asked().at(-1)).toEqual({ id: 0, result: { decision } })
  })

  it("grants what was asked for, and nothing when the answer is no", () => {
    const permissions = { network: { enabled: true }, fileSystem: null }
    for (const [value, result] of [
      ["accept", { permissions: { network: { enabled: true } }, scope: "turn" }],
      ["decline", { permissions: {}, scope: "turn" }]
    ] as const) {
      const codex = ask("item/permissions/requestApproval", { permissions })
      codex.host({ type: "answer", id: "a", request, value })
      expect(codex.asked().at(-1)).toEqual({ id: 0, result })
    }
  })

  it("answers a question once, and only for the run that was asked", () => {
    const codex = ask("item/commandExecution/requestApproval")
    const before = codex.written.length
    codex.host({ type: "answer", id: "b", request, value: "accept" })
    expect(codex.written).toHaveLength(before)
    codex.host({ type: "answer", id: "a", request, value: "accept" })
    codex.host({ type: "answer", id: "a", request, value: "accept" })
    expect(codex.written).toHaveLength(before + 1)
  })

  it("says no when JSON cannot carry the answer", () => {
    const codex = ask("item/commandExecution/requestApproval")
    codex.host({ type: "answer", id: "a", request, value: { acceptWithExecpolicyAmendment: 1n } })
    expect(codex.asked().at(-1)).toEqual({ id: 0, result: { decision: "decline" } })
  })

  it("says when Codex takes a question back, and is silent about its own answer", () => {
    const back = ask("item/commandExecution/requestApproval")
    back.tell("serverRequest/resolved", { threadId: "t-a", requestId: 0 })
    expect(back.frames.at(-1)).toMatchObject({ event: { type: "permission.resolved", request, by: "agent" } })
    const answered = ask("item/commandExecution/requestApproval")
    answered.host({ type: "answer", id: "a", request, value: "accept" })
    const before = answered.frames.length
    answered.tell("serverRequest/resolved", { threadId: "t-a", requestId: 0 })
    expect(answered.frames).toHaveLength(before)
  })

  it("refuses every other request at once, so that nothing hangs", () => {
    const codex = ask("item/tool/requestUserInput")
    expect(codex.asked().at(-1)).toMatchObject({ id: 0, error: { code: -32601 } })
    expect(codex.words().at(-1)).toBe("a vendor item/tool/requestUserInput")
  })

  it("refuses a question of a thread that carries no run", () => {
    const codex = ask("item/fileChange/requestApproval", { threadId: "t-gone" })
    expect(codex.asked().at(-1)).toMatchObject({ id: 0, error: { code: -32601 } })
  })
})

describe("whatever Codex says", () => {
  const methods = ["turn/started", "turn/completed", "item/started", "item/completed", "error", "thread/started", "x"]
  const params = fc.record(
    {
      threadId: fc.constantFrom("t-a", "t-b", 7),
      turnId: fc.constantFrom("u-a", "u-b"),
      turn: fc.record(
        { id: fc.constantFrom("u-a", "u-b"), status: fc.constantFrom("completed", "interrupted", "failed", "odd") },
        { requiredKeys: [] }
      ),
      item: fc.record({ id: fc.constantFrom("i", "j"), type: fc.constantFrom("commandExecution", "agentMessage") }),
      error: fc.anything()
    },
    { requiredKeys: [] }
  )
  const message = fc.oneof(
    fc.record({ method: fc.constantFrom(...methods), params }),
    fc.record({ id: fc.nat(12), result: fc.record({ thread: fc.record({ id: fc.constantFrom("t-a", "t-b") }) }) }),
    fc.record({ id: fc.nat(12), error: fc.record({ message: fc.string() }) })
  )
  const step = fc.oneof(
    { weight: 6, arbitrary: message.map((said) => ({ line: JSON.stringify(said) })) },
    { weight: 1, arbitrary: fc.json().map((line) => ({ line })) },
    { weight: 1, arbitrary: fc.constantFrom("run", "cancel").map((host) => ({ host })) }
  )

  it("every run ends at most once, nothing is said of it afterwards, and nothing throws", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const dialect = codexAgent.dialect()
        const { sink, frames } = startDialect(dialect)
        dialect.stdout('{"id":1,"result":{}}', sink)
        let runs = 0
        for (const one of steps) {
          if ("line" in one) dialect.stdout(one.line, sink)
          else if (one.host === "run") dialect.encode({ type: "run", id: `run${++runs}`, params: {} }, sink)
          else dialect.encode({ type: "cancel", id: `run${runs}` }, sink)
        }
        const over = new Set<unknown>()
        for (const frame of frames) {
          if ("id" in frame) expect(over.has(frame.id)).toBe(false)
          if (frame.type === "end") over.add(frame.id)
        }
      })
    )
  })
})
