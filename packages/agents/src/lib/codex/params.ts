import type { RunFrame } from "@signalbox/protocol"
import { CodexParams } from "./wire.ts"

// A run's params as the app-server's two requests: one for the thread, one for the turn.

export type CodexRequest =
  | {
      readonly ok: true
      readonly method: "thread/start" | "thread/resume"
      /** The thread to go on with. */
      readonly resume: string | undefined
      readonly thread: Readonly<Record<string, unknown>>
      readonly turn: Readonly<Record<string, unknown>>
      /** Names of params that have no meaning for Codex. */
      readonly unknown: ReadonlyArray<string>
    }
  | { readonly ok: false; readonly error: string }

/** Codex asks nobody and writes in its workspace only, unless the run says otherwise: so nothing hangs on a question. */
const defaultApprovalPolicy = "never"
const defaultSandbox = "workspace-write"

const known = new Set(Object.keys(CodexParams.shape))

export function requestOf(frame: RunFrame): CodexRequest {
  const read = CodexParams.safeParse(frame.params)
  if (!read.success) {
    const issue = read.error.issues[0]
    return { ok: false, error: `invalid-params: ${issue?.path.join(".")}: ${issue?.message}` }
  }
  const params = read.data
  return {
    ok: true,
    method: params.resume === undefined ? "thread/start" : "thread/resume",
    resume: params.resume,
    thread: threadParams(params),
    turn: given({ input: inputOf(params.prompt), effort: params.effort, outputSchema: params.output_schema }),
    unknown: Object.keys(params).filter((name) => !known.has(name))
  }
}

function threadParams(params: CodexParams): Record<string, unknown> {
  const settings = given({
    cwd: params.cwd,
    model: params.model,
    modelProvider: params.model_provider,
    approvalPolicy: params.approval_policy ?? defaultApprovalPolicy,
    sandbox: params.sandbox ?? defaultSandbox,
    baseInstructions: params.base_instructions,
    developerInstructions: params.developer_instructions,
    config: params.config
  })
  return params.resume === undefined ? settings : { threadId: params.resume, ...settings, excludeTurns: true }
}

function inputOf(prompt: CodexParams["prompt"]): ReadonlyArray<object> {
  if (prompt === undefined) return []
  if (typeof prompt === "string") return [textInput(prompt)]
  return prompt.map(inputPart)
}

/** Parts that Codex knows under another name are renamed; the rest travels as given and Codex judges it. */
function inputPart(part: { readonly type: string; readonly [field: string]: unknown }): object {
  if (part.type === "text" && typeof part["text"] === "string") return textInput(part["text"])
  if (part.type === "local_image") return { ...part, type: "localImage" }
  if (part.type === "image" && part["url"] === undefined) return { ...part, url: part["image_url"] }
  return part
}

function textInput(text: string): object {
  return { type: "text", text, text_elements: [] }
}

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
