import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

// A model without a model: the streaming Responses API on loopback, scripted by a marker in the last text of the user.
//
//   [[text]]            a thought and an answer          [[slow:N]]      N words, 50 ms apart
//   [[shell:COMMAND]]   one command, then an answer      [[ask:COMMAND]] the same, asking for more rights
//   [[status:CODE]]     an HTTP error, always            [[cut]]         a torn stream, always
//   [[helper:MARKER]]   a helper agent with that marker, then an answer
//
// A request that carries results of tools gets the answer. The stub keeps no state, so any number of threads share it.

export interface ModelStub {
  readonly port: number
  readonly close: () => Promise<void>
}

interface ModelRequest {
  readonly model?: string
  readonly input?: ReadonlyArray<ModelInput>
  readonly tools?: ReadonlyArray<{ readonly name?: string; readonly type?: string }>
}

interface ModelInput {
  readonly type?: string
  readonly role?: string
  readonly content?: string | ReadonlyArray<{ readonly text?: string }>
}

const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 40 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120
}

/** Starts a stub on a free port of 127.0.0.1; whoever starts it closes it. */
export async function startModelStub(): Promise<ModelStub> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  if (request.method !== "POST" || !request.url?.endsWith("/responses")) return fail(response, 404, "no such path")
  const asked = JSON.parse(body) as ModelRequest
  const [verb = "text", argument = ""] = markerOf(asked)
  if (verb === "status") return fail(response, Number(argument), "the stub refuses")
  response.writeHead(200, { "content-type": "text/event-stream" })
  const stream = new ModelStream(response)
  stream.open()
  if (hasToolResult(asked)) stream.message("The command is done.")
  else await perform(stream, verb, argument)
  stream.complete()
}

async function perform(stream: ModelStream, verb: string, argument: string): Promise<void> {
  if (verb === "text") stream.reasoning("A short answer will do.")
  if (verb === "text") stream.message("Hello from the stub. Grüße, 你好 🎉")
  if (verb === "shell") stream.tool("exec_command", { cmd: argument, yield_time_ms: 30_000 })
  if (verb === "ask") {
    const escalation = { sandbox_permissions: "require_escalated", justification: "the stub asks" }
    stream.tool("exec_command", { cmd: argument, ...escalation })
  }
  if (verb === "helper") stream.tool("spawn_agent", { message: `[[${argument}]]` }, "multi_agent_v1")
  if (verb === "slow") await stream.slowly(Number(argument))
  if (verb === "cut") await stream.tear()
}

/** Writes one response as server-sent events. */
class ModelStream {
  readonly #response: ServerResponse
  readonly #id = `resp_${freshId()}`
  #sequence = 0
  #index = 0

  constructor(response: ServerResponse) {
    this.#response = response
  }

  open(): void {
    this.#send("response.created", {
      response: { id: this.#id, object: "response", status: "in_progress", output: [] }
    })
  }

  complete(): void {
    if (this.#response.destroyed) return
    const response = { id: this.#id, object: "response", status: "completed", output: [], usage }
    this.#send("response.completed", { response })
    this.#response.end()
  }

  reasoning(text: string): void {
    const id = `rs_${freshId()}`
    const place = { item_id: id, output_index: this.#index, summary_index: 0 }
    this.#added({ id, type: "reasoning", summary: [] })
    this.#send("response.reasoning_summary_part.added", { ...place, part: { type: "summary_text", text: "" } })
    for (const delta of pieces(text)) this.#send("response.reasoning_summary_text.delta", { ...place, delta })
    this.#send("response.reasoning_summary_text.done", { ...place, text })
    this.#done({ id, type: "reasoning", summary: [{ type: "summary_text", text }], encrypted_content: null })
  }

  message(text: string): void {
    const id = this.#openMessage()
    for (const delta of pieces(text)) this.#textDelta(id, delta)
    this.#closeMessage(id, text)
  }

  async slowly(words: number): Promise<void> {
    const id = this.#openMessage()
    let text = ""
    for (let word = 1; word <= words && !this.#response.destroyed; word++) {
      const delta = `word${word} `
      text += delta
      this.#textDelta(id, delta)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    this.#closeMessage(id, text)
  }

  tool(name: string, parameters: object, namespace?: string): void {
    const named = namespace === undefined ? { name } : { name, namespace }
    const call = { id: `fc_${freshId()}`, type: "function_call", call_id: `call_${freshId()}`, ...named }
    this.#added({ ...call, status: "in_progress", arguments: "" })
    this.#done({ ...call, status: "completed", arguments: JSON.stringify(parameters) })
  }

  /** Breaks the connection, but only after the words have left. */
  async tear(): Promise<void> {
    this.#textDelta(this.#openMessage(), "This ends in the mid")
    await new Promise<void>((resolve) => this.#response.write(": the end\n\n", () => resolve()))
    await new Promise((resolve) => setTimeout(resolve, 50))
    this.#response.destroy()
  }

  #openMessage(): string {
    const id = `msg_${freshId()}`
    this.#added({ id, type: "message", role: "assistant", status: "in_progress", content: [] })
    const part = { type: "output_text", text: "", annotations: [] }
    this.#send("response.content_part.added", { item_id: id, output_index: this.#index, content_index: 0, part })
    return id
  }

  #textDelta(id: string, delta: string): void {
    this.#send("response.output_text.delta", { item_id: id, output_index: this.#index, content_index: 0, delta })
  }

  #closeMessage(id: string, text: string): void {
    this.#send("response.output_text.done", { item_id: id, output_index: this.#index, content_index: 0, text })
    const content = [{ type: "output_text", text, annotations: [] }]
    this.#done({ id, type: "message", role: "assistant", status: "completed", content })
  }

  #added(item: object): void {
    this.#send("response.output_item.added", { output_index: this.#index, item })
  }

  #done(item: object): void {
    this.#send("response.output_item.done", { output_index: this.#index++, item })
  }

  #send(type: string, data: object): void {
    const line = JSON.stringify({ type, sequence_number: this.#sequence++, ...data })
    if (!this.#response.destroyed) this.#response.write(`event: ${type}\ndata: ${line}\n\n`)
  }
}

function fail(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify({ error: { message, type: "stub_error", code: null, param: null } }))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}

/** The marker of the user's last text that has one. */
function markerOf(asked: ModelRequest): ReadonlyArray<string> {
  const texts = (asked.input ?? []).filter((item) => item.role === "user").map(textOf)
  for (const text of texts.reverse()) {
    const found = /\[\[(\w+)(?::([\s\S]*?))?\]\]/.exec(text)
    if (found !== null) return [found[1] ?? "", found[2] ?? ""]
  }
  return []
}

/** Whether a tool has answered since the user's last text. */
function hasToolResult(asked: ModelRequest): boolean {
  const input = asked.input ?? []
  const lastUser = input.findLastIndex((item) => item.role === "user")
  return input.slice(lastUser + 1).some((item) => item.type?.endsWith("_output"))
}

function textOf(item: ModelInput): string {
  if (typeof item.content === "string") return item.content
  return (item.content ?? []).map((part) => part.text ?? "").join("\n")
}

function pieces(text: string): ReadonlyArray<string> {
  const characters = [...text]
  const pieces: Array<string> = []
  for (let at = 0; at < characters.length; at += 8) pieces.push(characters.slice(at, at + 8).join(""))
  return pieces
}

let lastId = 0

function freshId(): string {
  return `${process.pid}_${++lastId}`
}
