import { writeSync } from "node:fs"

// A correct runner in a hundred lines, and with `--break NAME` the same with one fault. A prompt `wait MS` takes so long;
// any other is echoed. Each fault stands where a careless author would have put it.

type Fields = Record<string, unknown>

const fault = process.argv[process.argv.indexOf("--break") + 1] ?? ""
const has = (name: string) => fault === name
const timers = new Map<string, NodeJS.Timeout>()
const over = new Set<string>()
let open = 0
let inputEnded = false
let greeted = false
let helloSaid = false

const raw = (text: string | Uint8Array) => {
  let bytes = Buffer.from(text as string)
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(1, bytes))
}
const ending = has("crlf") ? "\r\n" : "\n"
const line = (frame: object) => raw(`${JSON.stringify(frame, null, has("pretty-printed") ? 2 : 0)}${ending}`)
const diag = (frame: object) => writeSync(2, `${JSON.stringify(frame)}\n`)

function sayHello() {
  const cancel = has("announces-nothing") ? "none" : "cooperative"
  const protocol = has("protocol-two") ? 2 : has("protocol-text") ? "1" : 1
  const answer = !has("unannounced-ask")
  if (has("byte-order-mark")) raw("\uFEFF")
  line({ type: "hello", protocol, agent: "tiny", capabilities: { cancel, answer } })
  helloSaid = true
}

const readsChunks = has("chunk-is-a-line") || has("only-first-line")
if (!has("late-hello") && !has("no-hello") && !readsChunks) sayHello()
if (has("hello-twice")) sayHello()
if (has("log-on-stdout")) raw("tiny runner: ready\n")
if (has("misshapen-diag")) diag({ type: "diag", message: 7 })
if (has("fatal-without-exit")) diag({ type: "fatal", message: "not so bad" })

function event(id: string, text: string) {
  const frame = { type: "event", id, event: { type: "item.completed", item: { id: "1", type: "agent_message", text } } }
  if (has("torn-lines")) return tear(JSON.stringify(frame))
  line(frame)
}

/** Two writes with a turn of the loop between them: another run's line comes between. */
function tear(text: string) {
  raw(text.slice(0, 30))
  setImmediate(() => raw(`${text.slice(30)}\n`))
}

function end(id: string, result: Fields = { status: "ok" }) {
  const spoken = has("lower-case-id") ? id.toLowerCase() : id
  if (has("unterminated-end")) return raw(JSON.stringify({ type: "end", id: spoken, ...result }))
  line({ type: "end", id: spoken, ...result })
  if (has("ends-twice")) line({ type: "end", id, ...result })
  if (has("event-after-end")) event(id, "one more thing")
}

function refuse(id: string, error: string) {
  end(id, { status: "error", error: has("two-line-error") ? `${error}\nsecond line` : error })
}

function finish(id: string, result?: Fields) {
  clearTimeout(timers.get(id))
  timers.delete(id)
  over.add(id)
  open--
  const tellEnd = () => {
    if (!has("never-ends") && !(has("lost-at-end-of-input") && inputEnded)) end(id, result)
    leave()
  }
  if (has("torn-lines")) setTimeout(tellEnd, 20)
  else tellEnd()
}

function leave() {
  if (!inputEnded || open > 0 || has("stays")) return
  process.exit(has("exits-one") ? 1 : 0)
}

function run(frame: Fields) {
  const { id, params } = frame as { id: string; params: { prompt?: unknown } }
  if (timers.has(id)) {
    if (has("duplicate-ends-first")) return refuse(id, "duplicate-id")
    if (has("duplicate-runs-too")) return end(id)
    return diag({ type: "diag", id, level: "error", message: "duplicate-id" })
  }
  if (has("strict") && Object.keys({ ...params, ...frame }).some((name) => name.startsWith("x_"))) {
    return refuse(id, "invalid-params: an unknown field")
  }
  if (typeof params?.prompt !== "string" && !has("believes-params")) {
    return refuse(id, has("vague-refusal") ? "that is wrong" : "invalid-params: prompt is not a text")
  }
  start(id, String(params?.prompt))
}

function start(id: string, prompt: string) {
  open++
  const ms = /^wait (\d+)$/.exec(prompt)?.[1]
  event(id, "at work")
  if (has("stray-id")) event("nobody", "at work")
  if (has("latin-1"))
    raw(Buffer.from(`{"type":"event","id":${JSON.stringify(id)},"event":{"type":"x","text":"\xe4"}}\n`, "latin1"))
  if (has("huge-line") && open === 1 && over.size === 0) event(id, "x".repeat(17 * 1024 * 1024))
  if (has("late-hello") && !helloSaid) sayHello()
  if (has("unannounced-ask")) line({ type: "ask", id, request: "1", kind: "permission" })
  if (ms === undefined) return finish(id)
  if (has("one-at-a-time")) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms))
    return finish(id)
  }
  timers.set(
    id,
    setTimeout(() => finish(id), Number(ms))
  )
}

function cancel(id: string) {
  if (!timers.has(id)) {
    if (has("refuses-unknown-cancel") && !over.has(id)) refuse(id, "unknown-run: nothing to cancel")
    if (has("ends-again-on-late-cancel") && over.has(id)) end(id, { status: "cancelled" })
    if (has("second-cancel-dies") && over.has(id)) process.exit(3)
    return
  }
  if (has("cancel-is-an-error")) return finish(id, { status: "error", error: "aborted" })
  if (has("cancel-without-end")) {
    clearTimeout(timers.get(id))
    timers.delete(id)
    open--
    return
  }
  finish(id, { status: "cancelled" })
}

function take(text: string) {
  if (text.trim() === "" && !has("dies-of-noise")) return
  let frame: Fields | undefined
  try {
    frame = JSON.parse(text) as Fields
  } catch {
    if (has("dies-of-noise")) process.exit(9)
    if (has("answers-noise")) line({ type: "end", id: "noise", status: "error", error: "not JSON" })
  }
  if (frame === undefined || frame === null || typeof frame !== "object" || Array.isArray(frame)) return
  if (frame["type"] === "hello") return void (greeted = true)
  if (has("waits-for-hello") && !greeted) return
  dispatch(frame)
}

function dispatch(frame: Fields) {
  const { type, id } = frame
  if (typeof id !== "string" || id === "") {
    if (has("answers-nameless-run") && type === "run") line({ type: "end", id: "", status: "error", error: "no id" })
    if (has("answers-nameless-type") && type !== "run") line({ type: "end", id: "?", status: "error", error: "no id" })
    return
  }
  if (type === "run") return run(frame)
  if (type === "cancel") return cancel(id)
  if (type === "answer") return has("answers-answers") ? refuse(id, "unknown-request: nothing was asked") : undefined
  if (has("silent-about-unknown-types")) return
  if (timers.has(id) && !has("unknown-type-ends-first")) {
    return void diag({ type: "diag", id, level: "error", message: "unknown-type" })
  }
  refuse(id, `unknown-type: ${String(type)}`)
}

if (has("stays")) setInterval(() => undefined, 1_000)

let held = Buffer.alloc(0)
process.stdin.on("data", (chunk: Buffer) => {
  // Said on the first chunk, so that the suite's next line is a chunk of its own.
  if (readsChunks && !helloSaid) sayHello()
  if (has("chunk-is-a-line")) return take(chunk.toString())
  if (has("only-first-line")) return take(chunk.toString().split("\n")[0] ?? "")
  held = Buffer.concat([held, chunk])
  if (has("small-buffer") && held.length > 256 * 1024) held = Buffer.alloc(0)
  for (let at = held.indexOf(10); at >= 0; at = held.indexOf(10)) {
    const text = held.subarray(0, at).toString()
    held = held.subarray(at + 1)
    for (const part of has("unicode-line-ends") ? text.split(/[\u0085\u2028\u2029]/) : [text]) take(part)
  }
})
process.stdin.once("end", () => {
  inputEnded = true
  if (has("drops-at-end-of-input")) process.exit(0)
  leave()
})
