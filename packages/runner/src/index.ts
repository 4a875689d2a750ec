// The runner's side of the stdio protocol, without a platform: lines in, lines out, one `end` for every run.
// Authors of runners on Node want `serve` from `@signalbox/runner/node`; this entry is for other platforms and for tests.
export {
  type Question,
  type RunContext,
  type RunHandler,
  type RunResult,
  type RunnerOptions
} from "./lib/run-handler.ts"
export { makeRunner, type Runner } from "./lib/runner.ts"
export { type Aborter, type RunnerPort } from "./lib/runner-port.ts"
