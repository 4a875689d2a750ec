import { createInterface, type Interface } from "node:readline"
import type { LiveRun } from "./EmbeddedHost.ts"
import { describeAsk } from "./describe-ask.ts"
import type { Reader } from "./readers.ts"

// Questions of an agent: a person answers them on the terminal; without one the answer is what --permit says, else no.

export interface AsksParts {
  readonly run: LiveRun
  readonly reader: Reader
  readonly permit: "ask" | "allow" | "deny"
  /** Whether a person can be asked. */
  readonly person: boolean
}

export interface Asks {
  readonly take: (event: Readonly<Record<string, unknown>>) => void
  readonly close: () => void
}

type Question = Readonly<Record<string, unknown>>

/** Owned by one run. Questions are put one after the other; closing takes the one that is open away. */
export function makeAsks(parts: AsksParts): Asks {
  const waiting: Array<Question> = []
  let lines: Interface | undefined
  let person = parts.person && parts.permit === "ask"
  let closed = false
  /** Not before there is a question: a program in the background that reads its terminal is stopped by it. */
  const listen = () => {
    if (lines !== undefined) return lines.resume()
    lines = createInterface({ input: process.stdin, terminal: false })
    lines.on("line", answer)
    // End of input: nobody is there, now and later.
    lines.once("close", () => {
      person = false
      if (!closed) for (const event of waiting.splice(0)) answerForNobody(parts, event)
    })
    return lines
  }
  const put = () => {
    const event = waiting[0]
    if (event === undefined) return lines?.pause()
    const choice = event["kind"] === "question" ? "your answer" : "y = allow, n = deny"
    parts.reader.note(`signalbox: ${describeAsk(event)} [${choice}]`)
    return listen()
  }
  const answer = (line: string) => {
    const event = waiting.shift()
    if (event === undefined) return
    const isQuestion = event["kind"] === "question"
    const value = isQuestion ? line : /^\s*(y|yes|allow)\s*$/i.test(line) ? "allow" : "deny"
    parts.run.answer(String(event["request"]), value)
    if (!isQuestion) parts.reader.note(`signalbox: ${value === "allow" ? "allowed" : "denied"}`)
    put()
  }
  return {
    take: (event) => {
      if (!person) return answerForNobody(parts, event)
      waiting.push(event)
      if (waiting.length === 1) put()
    },
    close: () => {
      closed = true
      lines?.close()
    }
  }
}

function answerForNobody({ run, reader, permit }: AsksParts, event: Question): void {
  const request = String(event["request"])
  if (event["kind"] === "question") {
    reader.note(`signalbox: ${describeAsk(event)}; there is no terminal, so it gets no answer`)
    return run.answer(request, null)
  }
  const value = permit === "allow" ? "allow" : "deny"
  const why =
    permit === "ask"
      ? "denied, because there is no terminal to ask on; --permit allow grants it"
      : `${value} by --permit`
  reader.note(`signalbox: ${describeAsk(event)}: ${why}`)
  run.answer(request, value)
}
