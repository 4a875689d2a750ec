import * as z from "zod"

// The lines of `codex app-server`, as loosely as they are used: JSON-RPC without its version member, one object a line.
// Only fields that are read are named; unknown ones pass. Deltas are checked by hand in notices.ts.

export const InitializeResult = z.looseObject({ userAgent: z.string().nullish() })

export const ThreadResult = z.looseObject({ thread: z.looseObject({ id: z.string().min(1) }) })

export const TurnResult = z.looseObject({ turn: z.looseObject({ id: z.string().min(1) }) })

export const RpcError = z.looseObject({ code: z.number().nullish(), message: z.string().nullish() })

/** `codexErrorInfo` is a word, or an object with one key that is the word. */
export const TurnError = z.looseObject({
  message: z.string().nullish(),
  codexErrorInfo: z.unknown(),
  additionalDetails: z.string().nullish()
})
export type TurnError = z.infer<typeof TurnError>

export const TurnNotice = z.looseObject({
  turn: z.looseObject({ id: z.string(), status: z.string().nullish(), error: TurnError.nullish() })
})
export type TurnNotice = z.infer<typeof TurnNotice>

export const ErrorNotice = z.looseObject({ error: TurnError, willRetry: z.boolean().nullish() })

export const ThreadItem = z.looseObject({ id: z.string(), type: z.string() })
export type ThreadItem = z.infer<typeof ThreadItem>

export const ItemNotice = z.looseObject({ item: ThreadItem })

export const TokenCount = z.looseObject({
  inputTokens: z.number().nullish(),
  cachedInputTokens: z.number().nullish(),
  cacheWriteInputTokens: z.number().nullish(),
  outputTokens: z.number().nullish(),
  reasoningOutputTokens: z.number().nullish()
})
export type TokenCount = z.infer<typeof TokenCount>

export const UsageNotice = z.looseObject({
  turnId: z.string().nullish(),
  tokenUsage: z.looseObject({ total: TokenCount, last: TokenCount })
})

export const PlanNotice = z.looseObject({
  turnId: z.string(),
  plan: z.array(z.looseObject({ step: z.string(), status: z.string().nullish() }))
})

export const ThreadStartedNotice = z.looseObject({
  thread: z.looseObject({ id: z.string(), parentThreadId: z.string().nullish() })
})

export const WarningNotice = z.looseObject({
  message: z.string().nullish(),
  summary: z.string().nullish(),
  details: z.string().nullish()
})

export const ResolvedNotice = z.looseObject({ requestId: z.union([z.number(), z.string()]) })

/** The requests of the agent that are questions to a person. */
export const ApprovalRequest = z.looseObject({
  itemId: z.string().nullish(),
  reason: z.string().nullish(),
  command: z.string().nullish(),
  cwd: z.string().nullish(),
  availableDecisions: z.array(z.unknown()).nullish(),
  permissions: z.looseObject({ network: z.unknown(), fileSystem: z.unknown() }).nullish()
})
export type ApprovalRequest = z.infer<typeof ApprovalRequest>

/** The params of a run that Codex understands. */
export const CodexParams = z.looseObject({
  prompt: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
  cwd: z.string().optional(),
  model: z.string().optional(),
  effort: z.string().optional(),
  resume: z.string().min(1).optional(),
  model_provider: z.string().optional(),
  sandbox: z.string().optional(),
  approval_policy: z.unknown().optional(),
  base_instructions: z.string().optional(),
  developer_instructions: z.string().optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  output_schema: z.unknown().optional()
})
export type CodexParams = z.infer<typeof CodexParams>

/** A value of the wire, or undefined when it has another shape. */
export function readWire<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> | undefined {
  const read = schema.safeParse(value)
  return read.success ? read.data : undefined
}
