import { createReadStream, statSync } from "node:fs"
import { resolve } from "node:path"
import { type Agent, commandAgent, splitCommandLine, stdioAgent } from "@signalbox/agents"
import { MAX_PROMPT_BYTES } from "@signalbox/protocol"
import type { Arguments, Flags } from "./arguments.ts"
import { isCliFault, usageFault } from "./cli-fault.ts"

// What `signalbox run` was asked for, checked as far as it can be before anything is opened.

export interface RunOrder {
  /** The agent of this command line, when it is none of the named ones. */
  readonly agents: ReadonlyArray<Agent>
  /** The program after `--`. */
  readonly program: Arguments["program"]
  readonly request: {
    readonly agent: string
    readonly prompt: string
    readonly cwd: string
    readonly model?: string
    readonly effort?: string
    readonly resume?: string
    readonly params?: Readonly<Record<string, unknown>>
  }
  readonly show: "json" | "quiet" | "lines"
  readonly permit: "ask" | "allow" | "deny"
  /** Standard input was read as the prompt: nobody can answer a question there. */
  readonly promptFromStdin: boolean
}

export async function readRunOrder(given: Arguments): Promise<RunOrder> {
  const { flags } = given
  refusePairs(given)
  const agents = agentsOf(given)
  const params = readParams(flags)
  const cwd = readFolder(flags.get("cwd"))
  const permit = oneOf(flags, "permit", ["allow", "deny"]) ?? "ask"
  const prompt = await readPrompt(given)
  return {
    agents,
    program: given.program,
    request: {
      agent: agents[0]?.name ?? flags.get("agent") ?? "playbook",
      prompt,
      cwd,
      ...some("model", flags),
      ...some("effort", flags),
      ...some("resume", flags),
      ...(params === undefined ? {} : { params })
    },
    show: flags.has("json") ? "json" : flags.has("quiet") ? "quiet" : "lines",
    permit,
    promptFromStdin: given.words[0] === "-"
  }
}

function some<Name extends string>(name: Name, flags: Flags): { readonly [Key in Name]?: string } {
  const value = flags.get(name)
  if (value === "") throw usageFault(`--${name} needs a value that is not empty`, tryHelp)
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string }
}

const tryHelp = "Try `signalbox run --help`."

function refusePairs({ flags, words, program }: Arguments): void {
  const both = (one: string, other: string) => usageFault(`${one} and ${other} exclude each other`, tryHelp)
  if (flags.has("agent") && flags.has("runner")) throw both("--agent", "--runner")
  if (program !== undefined && flags.has("agent")) throw both("--agent", "a program after --")
  if (program !== undefined && flags.has("runner")) throw both("--runner", "a program after --")
  if (flags.has("json") && flags.has("quiet")) throw both("--json", "--quiet")
  if (flags.has("prompt-file") && words.length > 0) throw both("--prompt-file", "a prompt in the command line")
  if (flags.has("profile") && !flags.has("runner")) throw usageFault("--profile is for --runner", tryHelp)
}

function agentsOf({ flags, program }: Arguments): ReadonlyArray<Agent> {
  if (program !== undefined) {
    const [file, ...args] = program
    return [commandAgent({ file, args })]
  }
  const runner = flags.get("runner")
  const profile = oneOf(flags, "profile", ["s0", "signalbox"])
  if (runner === undefined) return []
  const { file, args } = readCommandLine("--runner", runner)
  return [stdioAgent({ file, args, ...(profile === undefined ? {} : { profile }) })]
}

/** Splits a command line that was given as the value of an option. */
export function readCommandLine(
  option: string,
  text: string
): { readonly file: string; readonly args: ReadonlyArray<string> } {
  const split = splitCommandLine(text)
  if (!split.ok) throw usageFault(`${option}: ${split.fault.message}`, split.fault.remedy)
  return split
}

function oneOf<const Word extends string>(flags: Flags, name: string, words: ReadonlyArray<Word>): Word | undefined {
  const value = flags.get(name)
  if (value === undefined) return undefined
  const word = words.find((known) => known === value)
  if (word === undefined) throw usageFault(`--${name} ${JSON.stringify(value)} is none of ${words.join(", ")}`, tryHelp)
  return word
}

/** Reads the value of --params: a JSON object. */
export function readParams(flags: Flags): Readonly<Record<string, unknown>> | undefined {
  const text = flags.get("params")
  if (text === undefined) return undefined
  const example = `Write a JSON object: --params '{"temperature": 0}'.`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw usageFault(`--params is no JSON: ${error instanceof Error ? error.message : String(error)}`, example)
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw usageFault("--params is no JSON object", example)
  return value as Readonly<Record<string, unknown>>
}

function readFolder(named: string | undefined): string {
  const folder = resolve(named ?? ".")
  try {
    if (statSync(folder).isDirectory()) return folder
  } catch {
    throw usageFault(`the folder ${JSON.stringify(folder)} does not exist`, "Correct --cwd.")
  }
  throw usageFault(`${JSON.stringify(folder)} is no folder`, "Correct --cwd.")
}

async function readPrompt({ flags, words, program }: Arguments): Promise<string> {
  const file = flags.get("prompt-file")
  const word = words[0]
  if (file !== undefined) return readPromptFile(file)
  if (word === "-") return checkPrompt(await readBounded(process.stdin, "the prompt on stdin"), "the prompt on stdin")
  if (word !== undefined) return checkPrompt(Buffer.from(word), "the prompt")
  if (program !== undefined) return ""
  throw usageFault("there is no prompt: write it in quotes, or - to read it from stdin", tryHelp)
}

async function readPromptFile(path: string): Promise<string> {
  const what = `the prompt in ${path}`
  try {
    return checkPrompt(await readBounded(createReadStream(path), what), what)
  } catch (error) {
    if (isCliFault(error) || !(error instanceof Error)) throw error
    throw usageFault(`the prompt file cannot be read: ${error.message}`, "Correct --prompt-file.")
  }
}

/** Reads no more than may be: a file may be a pipe, and a pipe may have no end. */
async function readBounded(stream: AsyncIterable<Buffer>, what: string): Promise<Uint8Array> {
  const chunks: Array<Buffer> = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    chunks.push(chunk)
    if (size > MAX_PROMPT_BYTES) throw tooLarge(what)
  }
  return Buffer.concat(chunks)
}

function checkPrompt(bytes: Uint8Array, what: string): string {
  if (bytes.length > MAX_PROMPT_BYTES) throw tooLarge(what)
  const text = decode(bytes, what)
  if (text.trim() === "") throw usageFault(`${what} is empty`, tryHelp)
  return text
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw usageFault(`${what} is no UTF-8 text`, "Convert it, for example with iconv.")
  }
}

function tooLarge(what: string): Error {
  return usageFault(
    `${what} is larger than ${MAX_PROMPT_BYTES / 1024 / 1024} MiB`,
    "Put the bulk into files in the working folder and name them in the prompt."
  )
}
