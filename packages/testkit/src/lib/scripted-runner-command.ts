import { fileURLToPath } from "node:url"

// Where the scripted runner stands: beside this file's folder in the sources, beside this file once it is bundled.

/** A program and its arguments, ready for any way to start processes. */
export interface RunnerCommand {
  readonly file: string
  readonly args: ReadonlyArray<string>
}

/** The command that starts the scripted runner with this Node. Starting, feeding and ending it is the caller's work. */
export function scriptedRunnerCommand(options: ReadonlyArray<string> = []): RunnerCommand {
  const place = import.meta.url.endsWith(".ts") ? "../scripted-runner.ts" : "./scripted-runner.js"
  return { file: process.execPath, args: [fileURLToPath(new URL(place, import.meta.url)), ...options] }
}
