import type { TurnError } from "./wire.ts"

// What went wrong in a turn, as people and programs read it.

/** One sentence: Codex's text, and its own word for the kind of error with the HTTP status. */
export function turnErrorText(error: TurnError | null | undefined): string {
  const text = error?.message || error?.additionalDetails || "the turn failed and the agent gave no reason"
  const kind = errorKind(error?.codexErrorInfo)
  return kind === undefined ? text : `${text} (${kind})`
}

/** The fields that go with a text: Codex's typed information, unchanged. */
export function turnErrorFacts(error: TurnError | null | undefined): Record<string, unknown> {
  const facts: Record<string, unknown> = {}
  if (error?.codexErrorInfo !== undefined && error.codexErrorInfo !== null) {
    facts["codex_error_info"] = error.codexErrorInfo
  }
  if (typeof error?.additionalDetails === "string") facts["additional_details"] = error.additionalDetails
  return facts
}

function errorKind(info: unknown): string | undefined {
  if (typeof info === "string") return info === "other" ? undefined : info
  if (typeof info !== "object" || info === null) return undefined
  const [entry] = Object.entries(info)
  if (entry === undefined) return undefined
  const [kind, facts] = entry as [string, { readonly httpStatusCode?: unknown } | null]
  return typeof facts?.httpStatusCode === "number" ? `${kind} ${facts.httpStatusCode}` : kind
}
