import * as z from "zod"

// What happens inside a run, in Codex's public item vocabulary with a few additions. An event is an object with a
// string `type`; kinds from a newer runner pass through unchanged, so only readers use the detailed schemas.

/** Any event: the only shape that the wire demands. */
export const RunEvent = z.looseObject({ type: z.string() })
export type RunEvent = z.infer<typeof RunEvent>

export const Usage = z.looseObject({
  input_tokens: z.number().nullish(),
  cached_input_tokens: z.number().nullish(),
  output_tokens: z.number().nullish(),
  reasoning_output_tokens: z.number().nullish()
})
export type Usage = z.infer<typeof Usage>

/** The kinds of item that Signalbox names; others pass. */
export const ItemKind = z.enum([
  "agent_message",
  "reasoning",
  "command_execution",
  "file_change",
  "mcp_tool_call",
  "tool_call",
  "web_search",
  "todo_list",
  "error"
])
export type ItemKind = z.infer<typeof ItemKind>

export const Item = z.looseObject({
  id: z.string(),
  type: z.string(),
  text: z.string().nullish(),
  command: z.string().nullish(),
  aggregated_output: z.string().nullish(),
  exit_code: z.number().nullish(),
  status: z.string().nullish()
})
export type Item = z.infer<typeof Item>

const itemEvent = <Type extends string>(type: Type) => z.looseObject({ type: z.literal(type), item: Item })
const bare = <Type extends string>(type: Type) => z.looseObject({ type: z.literal(type) })

/** The events that Signalbox understands. A reader matches on `type` and lets the rest pass. */
export const KnownEvent = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("thread.started"), thread_id: z.string() }),
  bare("turn.started"),
  itemEvent("item.started"),
  itemEvent("item.updated"),
  itemEvent("item.completed"),
  z.looseObject({
    type: z.literal("item.delta"),
    item_id: z.string(),
    field: z.enum(["text", "aggregated_output"]),
    delta: z.string()
  }),
  z.looseObject({ type: z.literal("turn.completed"), usage: Usage.nullish() }),
  z.looseObject({ type: z.literal("turn.failed"), error: z.looseObject({ message: z.string() }) }),
  z.looseObject({ type: z.literal("error"), message: z.string() }),
  z.looseObject({ type: z.literal("usage"), usage: Usage }),
  z.looseObject({ type: z.literal("model.retry"), attempt: z.number(), message: z.string().nullish() }),
  bare("model.continuation"),
  z.looseObject({
    type: z.literal("permission.requested"),
    request: z.string(),
    kind: z.enum(["permission", "question"])
  }),
  z.looseObject({ type: z.literal("permission.resolved"), request: z.string() }),
  z.looseObject({ type: z.literal("vendor"), raw: z.unknown() })
])
export type KnownEvent = z.infer<typeof KnownEvent>
