import { harmless } from "./terminal.ts"

type Fields = Readonly<Record<string, unknown>>

/** What an agent wants to know, in one line. */
export function describeAsk(event: Fields): string {
  const text = (name: string) => (typeof event[name] === "string" ? (event[name] as string) : undefined)
  const command = event["command"]
  const what =
    text("message") ??
    text("question") ??
    text("text") ??
    (Array.isArray(command) ? command.join(" ") : text("command")) ??
    text("subject")
  const reason = text("reason")
  const head = event["kind"] === "question" ? "the agent asks" : "the agent asks for permission"
  return harmless(
    `${head}${what === undefined ? "" : `: ${what}`}${reason === undefined ? "" : ` (${reason})`}`
  ).replaceAll("\n", " ")
}
