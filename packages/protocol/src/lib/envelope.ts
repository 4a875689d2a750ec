import { type Decoded, decoded, faulty, type LineFault } from "./decoded.ts"
import { isRunId } from "./ids.ts"
import type { EventFrame, StderrFrame, StdoutFrame } from "./stdio-frames.ts"

// The envelope checks of the per-event path, written by hand because zod would cost a fifth of it. A property test
// holds them to the zod schemas of `stdio-frames.ts`: both accept and refuse the same values.

type Fields = Readonly<Record<string, unknown>>

/** Checks a parsed line of stdout. The value itself is returned, not a copy: unknown fields stay. */
export function checkStdoutFrame(value: unknown): Decoded<StdoutFrame, LineFault> {
  if (!isObject(value)) return faulty("not_object", "the line is JSON, but not an object")
  switch (value["type"]) {
    case "event":
      if (!isRunId(value["id"])) return wrong("id")
      return isEvent(value["event"]) ? accept(value) : wrong("event")
    case "end":
      if (!isRunId(value["id"])) return wrong("id")
      return checkEnd(value)
    case "ask":
      if (!isRunId(value["id"])) return wrong("id")
      if (!isNonEmpty(value["request"])) return wrong("request")
      return value["kind"] === "permission" || value["kind"] === "question" ? accept(value) : wrong("kind")
    case "hello":
      return checkHello(value)
    default:
      return unknownType(value)
  }
}

/** Checks a parsed line of stderr. */
export function checkStderrFrame(value: unknown): Decoded<StderrFrame, LineFault> {
  if (!isObject(value)) return faulty("not_object", "the line is JSON, but not an object")
  switch (value["type"]) {
    case "diag":
      if (value["id"] !== undefined && !isRunId(value["id"])) return wrong("id")
      if (typeof value["level"] !== "string") return wrong("level")
      return typeof value["message"] === "string" ? accept(value) : wrong("message")
    case "fatal":
      return typeof value["message"] === "string" ? accept(value) : wrong("message")
    default:
      return unknownType(value)
  }
}

function checkEnd(value: Fields): Decoded<StdoutFrame, LineFault> {
  if (value["status"] === "ok" || value["status"] === "cancelled") return accept(value)
  if (value["status"] !== "error") return wrong("status")
  return typeof value["error"] === "string" ? accept(value) : wrong("error")
}

function checkHello(value: Fields): Decoded<StdoutFrame, LineFault> {
  if (!Number.isSafeInteger(value["protocol"])) return wrong("protocol")
  if (!isOptionalString(value["agent"])) return wrong("agent")
  if (!isOptionalString(value["version"])) return wrong("version")
  const capabilities = value["capabilities"]
  if (capabilities === undefined) return accept(value)
  if (!isObject(capabilities)) return wrong("capabilities")
  const { cancel, answer } = capabilities as { readonly cancel?: unknown; readonly answer?: unknown }
  if (cancel !== undefined && cancel !== "none" && cancel !== "cooperative" && cancel !== "kill") {
    return wrong("capabilities.cancel")
  }
  return answer === undefined || typeof answer === "boolean" ? accept(value) : wrong("capabilities.answer")
}

function accept<Frame>(value: Fields): { readonly ok: true; readonly value: Frame } {
  return decoded(value as Frame)
}

function wrong(path: string) {
  return faulty("wrong_shape", `the field \`${path}\` is missing or has the wrong type`, path)
}

function unknownType(value: Fields) {
  const type = value["type"]
  if (typeof type !== "string") return wrong("type")
  return faulty("unknown_type", `the type ${JSON.stringify(type.slice(0, 64))} is not known`, "type")
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** Whether a value passes as the payload of an event. */
export function isEvent(value: unknown): value is EventFrame["event"] {
  return isObject(value) && typeof value["type"] === "string"
}

function isNonEmpty(value: unknown): value is string {
  return typeof value === "string" && value.length > 0
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === "string"
}
