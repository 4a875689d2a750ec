import { parseArgs } from "node:util"
import { usageFault } from "./cli-fault.ts"
import { type CommandFacts, commands, type OptionFacts } from "./command-table.ts"
import { nearest } from "./nearest.ts"

// The command line as a value. Whatever is not in the table is a usage fault that names the nearest known word.

/** A command line that was understood. */
export interface Arguments {
  readonly command: CommandFacts
  readonly flags: Flags
  /** Words without a dash. */
  readonly words: ReadonlyArray<string>
  /** What stands after `--`; undefined without one. */
  readonly program: readonly [file: string, ...args: Array<string>] | undefined
}

/** The values of the given options by name; a switch has the value "true". */
export type Flags = ReadonlyMap<string, string>

export type Request =
  | { readonly type: "help"; readonly command?: CommandFacts }
  | { readonly type: "nothing" }
  | { readonly type: "version" }
  | { readonly type: "command"; readonly arguments: Arguments }

/** Reads a command line. Throws a usage fault. */
export function readArguments(argv: ReadonlyArray<string>): Request {
  const [first, ...rest] = argv
  if (first === undefined) return { type: "nothing" }
  if (first === "--help" || first === "-h") return { type: "help" }
  if (first === "--version" || first === "-v" || first === "version") return { type: "version" }
  if (first === "help") return rest[0] === undefined ? { type: "help" } : { type: "help", command: commandOf(rest[0]) }
  const command = commandOf(first)
  const given = readCommand(command, rest)
  return given.flags.has("help") ? { type: "help", command } : { type: "command", arguments: given }
}

function commandOf(word: string): CommandFacts {
  const found = commands.find((command) => command.name === word)
  if (found !== undefined) return found
  const names = commands.map((command) => command.name)
  const near = nearest(word, [...names, "help", "version"])
  const meant = near === undefined ? `the commands are ${names.join(", ")}` : `did you mean ${near}?`
  const what = word.startsWith("-") ? "option before the command" : "command"
  throw usageFault(`there is no ${what} ${word}: ${meant}`, "Try `signalbox --help`.")
}

function readCommand(command: CommandFacts, argv: ReadonlyArray<string>): Arguments {
  const flags = new Map<string, string>()
  const words: Array<string> = []
  let program: Array<string> | undefined
  for (const token of tokensOf(command, argv)) {
    if (token.kind === "option-terminator") program = argv.slice(token.index + 1)
    else if (program !== undefined) break
    else if (token.kind === "positional") words.push(token.value)
    else takeOption(command, token, flags)
  }
  // Help is given even beside a mistake.
  if (flags.has("help")) return { command, flags, words, program: undefined }
  if (words.length > command.words.most)
    throw fault(command, `${quoted(words[command.words.most])} is too much: ${command.words.more}`)
  return { command, flags, words, program: programOf(command, program) }
}

function tokensOf(command: CommandFacts, argv: ReadonlyArray<string>) {
  const options = Object.fromEntries(
    command.options.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        ...(short === undefined ? {} : { short })
      }
    ])
  )
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens
}

type OptionToken = Extract<ReturnType<typeof tokensOf>[number], { readonly kind: "option" }>

function takeOption(command: CommandFacts, token: OptionToken, flags: Map<string, string>): void {
  const option = command.options.find((known) => known.name === token.name)
  if (option === undefined) throw unknownOption(command, token)
  if (option.notYet !== undefined) throw fault(command, `${token.rawName}: ${option.notYet}`)
  if (option.value === undefined) {
    if (token.inlineValue === true) throw fault(command, `${token.rawName} takes no value`)
    flags.set(option.name, "true")
    return
  }
  flags.set(option.name, valueOf(command, option, token))
}

function valueOf(command: CommandFacts, option: OptionFacts, token: OptionToken): string {
  const { value } = token
  const looksLikeFlag = token.inlineValue !== true && value !== undefined && value.length > 1 && value.startsWith("-")
  if (value === undefined || looksLikeFlag) {
    const hint = looksLikeFlag ? `; when ${quoted(value)} is meant as the value, write --${option.name}=${value}` : ""
    throw fault(command, `${token.rawName} needs a value: --${option.name} ${option.value}${hint}`)
  }
  return value
}

function unknownOption(command: CommandFacts, { rawName, name }: OptionToken): Error {
  const near = nearest(
    name,
    command.options.map((option) => option.name)
  )
  const meant = near === undefined ? "" : `; did you mean --${near}?`
  return fault(command, `there is no option ${rawName}${meant}`)
}

function programOf(command: CommandFacts, program: ReadonlyArray<string> | undefined): Arguments["program"] {
  if (program === undefined) return undefined
  if (!command.takesCommand) throw fault(command, "nothing may follow --")
  const [file, ...args] = program
  if (file === undefined || file === "") throw fault(command, "a program must follow --")
  if (file.startsWith("-")) {
    const prompt = "a prompt that begins with a dash comes by - or --prompt-file"
    throw fault(command, `after -- stands a program, and ${quoted(file)} is none: ${prompt}`)
  }
  return [file, ...args]
}

function fault(command: CommandFacts, message: string): Error {
  return usageFault(message, `Try \`signalbox ${command.name} --help\`.`)
}

function quoted(text: string | undefined): string {
  return JSON.stringify(text ?? "")
}
