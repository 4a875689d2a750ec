import type { Usage } from "@signalbox/protocol"
import type { CodexRun } from "./codex-state.ts"
import type { TokenCount } from "./wire.ts"

// Codex counts per thread. What the turn used is the thread's total now minus its total before the turn's first call,
// and that is the first total minus the first call itself: no history is needed, and a repeated count adds nothing.

type Counter = "inputTokens" | "cachedInputTokens" | "cacheWriteInputTokens" | "outputTokens" | "reasoningOutputTokens"

/** Takes a count in and answers what the turn has used so far. */
export function meterUsage(run: CodexRun, total: TokenCount, last: TokenCount): Usage {
  run.usageBefore ??= minus(total, last)
  run.usage = minus(total, run.usageBefore)
  return usageOf(run.usage)
}

export function usageOf(count: TokenCount): Usage {
  return {
    input_tokens: count.inputTokens,
    cached_input_tokens: count.cachedInputTokens,
    cache_write_input_tokens: count.cacheWriteInputTokens,
    output_tokens: count.outputTokens,
    reasoning_output_tokens: count.reasoningOutputTokens
  }
}

function minus(total: TokenCount, part: TokenCount): TokenCount {
  const left = (counter: Counter) => Math.max(0, (total[counter] ?? 0) - (part[counter] ?? 0))
  return {
    inputTokens: left("inputTokens"),
    cachedInputTokens: left("cachedInputTokens"),
    cacheWriteInputTokens: left("cacheWriteInputTokens"),
    outputTokens: left("outputTokens"),
    reasoningOutputTokens: left("reasoningOutputTokens")
  }
}
