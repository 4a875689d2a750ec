import type { TranslatedItem } from "./codex-state.ts"
import type { ThreadItem } from "./wire.ts"

// The app-server's items in the public item vocabulary: snake_case, and the names that `codex exec` uses. A kind that
// has no counterpart keeps all its fields under their snake_case names.

/** Says one item in our words. */
export function translateItem(item: ThreadItem): TranslatedItem {
  const { startedAtMs: _started, completedAtMs: _completed, ...facts } = item
  const fields = snakeCased(facts)
  switch (item.type) {
    case "agentMessage":
      return { ...fields, id: item.id, type: "agent_message", text: textOf(item["text"]) }
    case "reasoning":
      return { id: item.id, type: "reasoning", text: reasoningText(item) }
    case "fileChange":
      return { ...fields, id: item.id, type: "file_change", changes: changesOf(item["changes"]) }
    case "dynamicToolCall":
      return { ...fields, id: item.id, type: "tool_call" }
    default:
      return { ...fields, id: item.id, type: snakeCase(item.type) }
  }
}

/** An item that the turn's end left open, completed by us with what was heard of it. */
export function closeItem(item: ThreadItem, heard: string): TranslatedItem {
  const translated = translateItem(item)
  const status = translated["status"] === undefined ? {} : { status: "failed" }
  if (heard === "") return { ...translated, ...status, interrupted: true }
  const field = isCommand(item) ? "aggregated_output" : "text"
  return { ...translated, ...status, [field]: heard, interrupted: true }
}

/** Whether a process of the item may still be at work while it is open. */
export function isCommand(item: ThreadItem): boolean {
  return item.type === "commandExecution"
}

/** Between the parts of a summary. */
export const paragraph = "\n\n"

/** The summary for people; a model that gives none has its thoughts shown as they are. */
function reasoningText(item: ThreadItem): string {
  return textsOf(item["summary"]).join(paragraph) || textsOf(item["content"]).join(paragraph)
}

function textsOf(value: unknown): ReadonlyArray<string> {
  return Array.isArray(value) ? value.filter((part): part is string => typeof part === "string") : []
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}

/** `kind` is an object there and a word here. */
function changesOf(value: unknown): ReadonlyArray<unknown> {
  if (!Array.isArray(value)) return []
  return value.map((change: unknown) => {
    if (!isFields(change) || !isFields(change["kind"])) return change
    const { type, ...others } = change["kind"]
    return { ...change, ...snakeCased(others), kind: type }
  })
}

/** Top-level names only: what is below belongs to tools. Fields without a value are left out. */
function snakeCased(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue
    out[snakeCase(name)] = name === "status" && typeof value === "string" ? snakeCase(value) : value
  }
  return out
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
