import { conformance, type ConformanceReport, reportText } from "@signalbox/testkit"
import type { Arguments } from "./arguments.ts"
import { usageFault } from "./cli-fault.ts"
import { readCommandLine, readParams } from "./run-order.ts"
import { type RunnerProgram, visitRunners } from "./RunnerConnections.ts"
import { harmless, say } from "./terminal.ts"

// `signalbox conformance`: does a runner keep the rules?

export async function conformanceCommand({ flags }: Arguments): Promise<number> {
  const runner = flags.get("runner")
  if (runner === undefined) throw usageFault("conformance needs --runner", "Try `signalbox conformance --help`.")
  const params = readParams(flags)
  const prompt = flags.get("prompt")
  const longPrompt = flags.get("long-prompt")
  const rules = flags.get("rule")?.split(",")
  const report = await judge(readCommandLine("--runner", runner), {
    ...(prompt === undefined ? {} : { prompt }),
    ...(longPrompt === undefined ? {} : { longPrompt }),
    ...(params === undefined ? {} : { params }),
    ...(rules === undefined ? {} : { only: rules.map((rule) => rule.trim().toUpperCase()) })
  })
  process.stdout.write(flags.has("json") ? `${JSON.stringify(report)}\n` : harmless(reportText(report)))
  if (report.ok) return 0
  say(`signalbox: the runner breaks ${brokenRules(report).join(", ")}; PROTOCOL.md says what each demands`)
  return 1
}

type Options = Omit<Parameters<typeof conformance>[0], "connect" | "onScenario">

async function judge(program: RunnerProgram, options: Options): Promise<ConformanceReport> {
  const progress = makeProgress()
  try {
    return await visitRunners(program, (connect) =>
      // It rejects for nothing but a wrong option.
      conformance({ ...options, connect, onScenario: progress.show }).catch((error: unknown) => {
        throw usageFault(error instanceof Error ? error.message : String(error))
      })
    )
  } finally {
    progress.clear()
  }
}

/** On a terminal, one line that says where the suite is. */
function makeProgress() {
  if (process.stderr.isTTY !== true) return { show: () => undefined, clear: () => undefined }
  let count = 0
  const clear = () => void process.stderr.write("\r\u001b[2K")
  return {
    show: (scenario: string) => {
      clear()
      process.stderr.write(`scenario ${++count}: ${scenario} ...`)
    },
    clear
  }
}

function brokenRules({ results }: ConformanceReport): ReadonlyArray<string> {
  return results.filter(({ status }) => status === "failed").map(({ id }) => id)
}
