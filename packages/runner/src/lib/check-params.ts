import { type Decoded, RunParams } from "@signalbox/protocol"
import type { RunnerOptions } from "./run-handler.ts"

/** Reads the `params` of a `run` frame, or says which field is missing or wrong. */
export function checkParams(params: unknown, options: RunnerOptions): Decoded<RunParams, string> {
  if (params === undefined) return refused("missing field `params`")
  if (typeof params !== "object" || params === null || Array.isArray(params))
    return refused("`params` is not an object")
  for (const field of options.required ?? ["prompt"]) {
    if (!Object.hasOwn(params, field)) return refused(`missing field \`${field}\``)
  }
  const read = RunParams.safeParse(params)
  if (!read.success) return refused(`wrong type of \`${read.error.issues[0]?.path.join(".")}\``)
  const complaint = options.check?.(read.data)
  return complaint === undefined ? { ok: true, value: read.data } : refused(complaint)
}

function refused(fault: string): Decoded<RunParams, string> {
  return { ok: false, fault }
}
