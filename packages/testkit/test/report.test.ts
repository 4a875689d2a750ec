import { expect, it } from "vitest"
import { type ConformanceReport, reportText } from "../src/index.ts"

const report: ConformanceReport = {
  protocol: "signalbox.stdio/1",
  ok: false,
  runner: { agent: "mine", version: "2", cancel: "none", answer: false },
  results: [
    { id: "STDIO-1", status: "passed", expected: "whole lines" },
    { id: "STDIO-19", status: "failed", expected: "one end", seen: "2 ends", scenario: "ordinary" },
    { id: "STDIO-31", status: "skipped", expected: "cancel works", seen: "not announced" }
  ]
}

it("tells each rule, what was seen against it and where, and the sum", () => {
  expect(reportText(report)).toBe(`signalbox.stdio/1: mine 2 (cancel: none, answer: no)
ok   STDIO-1  whole lines
FAIL STDIO-19 one end
              2 ends [scenario: ordinary]
skip STDIO-31 cancel works
              not announced
1 passed, 1 failed, 1 skipped
`)
})

it("names a runner that said no hello", () => {
  const { agent: _agent, version: _version, ...runner } = report.runner
  expect(reportText({ ...report, runner })).toMatch(/^signalbox\.stdio\/1: a runner that said no hello \(/)
})
