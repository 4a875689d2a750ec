import type { EndedBody } from "@signalbox/protocol"
import type { JournalFailed } from "./JournalError.ts"

/**
 * What `ended` says after the journal failed: the run has failed, because its trace is not whole, however well the
 * agent did. Exit, usage and counts stay; what the host wanted to say stays in the sentence.
 */
export function endedAfterFault(body: EndedBody, fault: JournalFailed): EndedBody {
  if (body.outcome === "failed" && body.error?.code === fault.code) return body
  const own = body.error === undefined ? body.outcome : `${body.outcome} (${body.error.code}: ${body.error.message})`
  const message = `${fault.message} The run itself had ended as ${own}.`
  return { ...body, outcome: "failed", error: { code: fault.code, message } }
}
