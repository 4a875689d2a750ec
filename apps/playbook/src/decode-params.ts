// The params of a run frame to what a playbook needs. Strict about the fields it knows, silent about all others: a host
// sends model and effort to every agent.

import { longestTimeoutMs } from "./fence-options.ts"

export interface PlaybookParams {
  readonly prompt: string
  /** The runner's own working directory when left out. */
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
  readonly continueOnFailure: boolean
  readonly stepTimeoutMs: number
}

export type DecodedParams =
  | { readonly ok: true; readonly value: PlaybookParams }
  | { readonly ok: false; readonly message: string }

const standardStepTimeoutMs = 600_000

type Fields = Readonly<Record<string, unknown>>

/** Never throws. The message names the first field that is wrong. */
export function decodeParams(params: unknown): DecodedParams {
  if (!isFields(params)) return wrong("params", "must be an object")
  const { cwd, env = {}, continue_on_failure: goOn = false, step_timeout_ms: timeout = standardStepTimeoutMs } = params
  const prompt = promptText(params["prompt"])
  if (prompt === undefined) return wrong("prompt", "must be a text or a list of content parts")
  if (cwd !== undefined && (typeof cwd !== "string" || cwd === "" || cwd.includes("\0"))) {
    return wrong("cwd", "must be the path of a folder")
  }
  if (typeof goOn !== "boolean") return wrong("continue_on_failure", "must be true or false")
  if (!isTimeout(timeout)) return wrong("step_timeout_ms", `must be a whole number from 1 to ${longestTimeoutMs}`)
  const problem = environmentProblem(env)
  if (problem !== undefined) return problem
  const value = { prompt, env: env as Record<string, string>, continueOnFailure: goOn, stepTimeoutMs: timeout }
  return { ok: true, value: cwd === undefined ? value : { ...value, cwd } }
}

function promptText(prompt: unknown): string | undefined {
  if (typeof prompt === "string") return prompt
  if (!Array.isArray(prompt) || !prompt.every(isFields)) return undefined
  return prompt.flatMap((part) => (typeof part["text"] === "string" ? [part["text"]] : [])).join("\n")
}

function environmentProblem(env: unknown): DecodedParams | undefined {
  if (!isFields(env)) return wrong("env", "must be an object of texts")
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || /[=\0]/.test(name))
      return wrong("env", `has a name that no variable can have: ${JSON.stringify(name)}`)
    if (name.startsWith("SIGNALBOX_")) return wrong(`env.${name}`, "is reserved")
    if (typeof value !== "string" || value.includes("\0")) return wrong(`env.${name}`, "must be a text without NUL")
  }
  return undefined
}

function isTimeout(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= longestTimeoutMs
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function wrong(path: string, problem: string): DecodedParams {
  return { ok: false, message: `${path}: ${problem}` }
}
