// How to start the scripted runner.
export { type RunnerCommand, scriptedRunnerCommand } from "./lib/scripted-runner-command.ts"
