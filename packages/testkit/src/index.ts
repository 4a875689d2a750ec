// Does a runner keep the rules of PROTOCOL.md? The suite asks it and tells.
export {
  conformance,
  type ConformanceOptions,
  type ConformanceReport,
  type RuleResult
} from "./lib/conformance/conformance.ts"
export { type Connect, type Connection, type RunnerExit } from "./lib/conformance/connection.ts"
export { type DialogueLimits } from "./lib/conformance/dialogue.ts"
export { reportText } from "./lib/conformance/report.ts"
