import type { ConformanceReport, RuleResult } from "./conformance.ts"

const marks = { passed: "ok  ", failed: "FAIL", skipped: "skip" } as const

/** The report for people: a line per rule, what was seen under each that failed or was skipped, and the sum. */
export function reportText(report: ConformanceReport): string {
  const { agent, version, cancel, answer } = report.runner
  const name = [agent ?? "a runner that said no hello", version].filter((part) => part !== undefined).join(" ")
  const count = (status: RuleResult["status"]) => report.results.filter((result) => result.status === status).length
  return [
    `${report.protocol}: ${name} (cancel: ${cancel}, answer: ${answer ? "yes" : "no"})`,
    ...report.results.map(resultText),
    `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`,
    ""
  ].join("\n")
}

function resultText({ id, status, expected, seen, scenario }: RuleResult): string {
  const line = `${marks[status]} ${id.padEnd(8)} ${expected}`
  if (seen === undefined) return line
  return `${line}\n     ${" ".repeat(8)} ${seen}${scenario === undefined ? "" : ` [scenario: ${scenario}]`}`
}
