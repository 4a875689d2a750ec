import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type CodexHouse, openCodexHouse } from "./codex-program.ts"
import type { Exchange } from "./driven-agent.ts"

// Makes the recordings of Codex anew: node packages/agents/test/record-codex.ts [CASE...]. Needs the program that
// `pnpm test:agents` brings. Each case is a fresh Codex; what host, dialect and agent said is written down in order.

type Case = (house: CodexHouse) => Promise<unknown>

const run = ({ codex, work }: CodexHouse, id: string, prompt: string, params: object = {}) =>
  codex.send({ type: "run", id, params: { prompt, cwd: work, ...params } })

const isOpenCommand = (event: { readonly type: string; readonly item?: unknown }) =>
  event.type === "item.started" && (event.item as { readonly type: string }).type === "command_execution"

const decide =
  (value: string): Case =>
  async (house) => {
    run(house, "a", "[[ask:touch ../outside && echo touched]]", { approval_policy: "on-request" })
    const { codex } = house
    await codex.event("a", "a command", isOpenCommand)
    await untilAsked(house)
    const ask = codex.frames.find((frame) => frame.type === "ask")
    codex.send({ type: "answer", id: "a", request: String(ask?.["request"]), value })
    await codex.end("a")
  }

const cases: Readonly<Record<string, Case>> = {
  text: (house) => {
    run(house, "a", "[[text]]", { effort: "low", colour: "green" })
    return house.codex.end("a")
  },
  command: (house) => {
    run(house, "a", "[[shell:echo out; echo err >&2; sleep 0.5; echo done; exit 3]]")
    return house.codex.end("a")
  },
  helper: (house) => {
    run(house, "a", "[[helper:slow:100]]")
    return house.codex.end("a")
  },
  "two-runs": (house) => {
    run(house, "a", "[[slow:5]]")
    run(house, "b", "[[text]]")
    return Promise.all([house.codex.end("a"), house.codex.end("b")])
  },
  resume: async (house) => {
    run(house, "a", "[[text]]")
    const started = await house.codex.event("a", "a thread", ({ type }) => type === "thread.started")
    await house.codex.end("a")
    run(house, "b", "[[text]]", { resume: started["thread_id"] })
    await house.codex.end("b")
  },
  "cancel-command": async (house) => {
    run(house, "a", "[[shell:echo begun; sleep 300]]")
    await house.codex.event("a", "a command", isOpenCommand)
    house.codex.send({ type: "cancel", id: "a" })
    await house.codex.end("a")
  },
  "cancel-at-once": async (house) => {
    run(house, "a", "[[slow:100]]")
    await house.codex.event("a", "a thread", ({ type }) => type === "thread.started")
    house.codex.send({ type: "cancel", id: "a" })
    await house.codex.end("a")
  },
  "model-401": (house) => {
    run(house, "a", "[[status:401]]")
    return house.codex.end("a")
  },
  "model-500": (house) => {
    run(house, "a", "[[status:500]]")
    return house.codex.end("a")
  },
  "stream-cut": (house) => {
    run(house, "a", "[[cut]]")
    return house.codex.end("a")
  },
  "ask-accept": decide("accept"),
  "ask-decline": decide("decline"),
  "ask-cancel": decide("cancel"),
  "bad-sandbox": (house) => {
    run(house, "a", "[[text]]", { sandbox: "sandcastle" })
    return house.codex.end("a")
  },
  "unknown-thread": (house) => {
    run(house, "a", "[[text]]", { resume: "01900000-0000-7000-8000-000000000000" })
    return house.codex.end("a")
  }
}

async function untilAsked({ codex }: CodexHouse): Promise<void> {
  while (!codex.frames.some((frame) => frame.type === "ask")) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function record(name: string, play: Case): Promise<void> {
  const house = await openCodexHouse()
  try {
    await play(house)
  } finally {
    await house.close()
  }
  const lines = house.codex.exchanges.map((exchange) => scrubbed(exchange, house))
  writeFileSync(fileURLToPath(new URL(`${name}.jsonl`, folder)), `${lines.join("\n")}\n`)
  console.log(`${name}: ${lines.length} lines`)
}

/** Folders and ports of this machine become words. */
function scrubbed(exchange: Exchange, { root, stub }: CodexHouse): string {
  return JSON.stringify(exchange).replaceAll(root, "$ROOT").replaceAll(`127.0.0.1:${stub.port}`, "127.0.0.1:PORT")
}

const folder = new URL("./recordings/codex/", import.meta.url)
const wanted = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
for (const [name, play] of Object.entries(cases)) {
  if (wanted.length === 0 || wanted.includes(name)) await record(name, play)
}
