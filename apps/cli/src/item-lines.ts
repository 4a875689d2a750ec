import type { ItemView } from "@signalbox/machine"
import type { ShownLine } from "./narrator.ts"
import { harmlessLine } from "./terminal.ts"

// What is shown of the kinds of item that are no text and no command.

type Fields = Readonly<Record<string, unknown>>

/** What the item is about: its first line is shown when it begins. */
export function itemHead(item: ItemView, raw: Fields): string {
  const text = (name: string) => (typeof raw[name] === "string" ? (raw[name] as string) : undefined)
  switch (item.type) {
    case "command_execution":
      return `$ ${item.command ?? "(a command)"}`
    case "file_change":
      return "* changes files"
    case "mcp_tool_call":
      return `* tool ${[text("server"), text("tool")].filter((part) => part !== undefined).join(".")}`
    case "tool_call":
      return `* tool ${text("tool") ?? text("name") ?? ""}`
    case "web_search":
      return `* searches the web: ${text("query") ?? ""}`
    case "todo_list":
      return "* plan"
    case "error":
      return `! ${text("message") ?? item.text.head}`
    default:
      return `* ${item.type}`
  }
}

/** What is shown of an item when it is completed, beside its text. */
export function itemLines(raw: Fields): ReadonlyArray<ShownLine> {
  const changes = listOf(raw["changes"]).map(
    (change) => `${String(change["kind"] ?? "change")} ${String(change["path"] ?? "")}`
  )
  const steps = listOf(raw["items"]).map(
    (step) => `[${step["completed"] === true ? "x" : " "}] ${String(step["text"] ?? "")}`
  )
  return [...changes, ...steps].map((text) => ({
    tone: "output",
    text: `    ${harmlessLine(text.replaceAll("\n", " "))}`
  }))
}

function listOf(value: unknown): ReadonlyArray<Fields> {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : []
}
