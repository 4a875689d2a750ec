// What the scripted runner is told by its command line: who it is, not what it does in a run.

export interface ScriptedOptions {
  /** The first line on stdout, already encoded; none when the runner is silent. */
  readonly hello: string | undefined
  /** Whether `cancel` is a frame that it knows. */
  readonly cancel: boolean
  /** Behaves as the runners before version 1 did: no hello, no cancel, `input` for `prompt`, and false ends. */
  readonly s0: boolean
  readonly closeStderrAtStart: boolean
  readonly neverRead: boolean
  readonly exitAtOnce: number | undefined
  readonly startDelayMs: number
  readonly ignoreTerm: boolean
  readonly ignoreEndOfInput: boolean
  /** When it ends by itself, so that a failed test leaves nothing behind for ever. */
  readonly lifetimeMs: number
}

type Mutable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] }
interface Draft extends Mutable<ScriptedOptions> {
  silent: boolean
}

const defaultLifetimeMs = 10 * 60_000

/** An option's word on the command line, whether a value follows, and what it changes. */
const options: Readonly<Record<string, { readonly takes: boolean; readonly set: (to: Draft, value: string) => void }>> =
  {
    "--silent": { takes: false, set: (to) => void (to.silent = true) },
    "--s0": { takes: false, set: (to) => void (to.s0 = to.silent = true) },
    "--hello": { takes: true, set: (to, value) => void (to.hello = jsonLine(value)) },
    "--no-cancel": { takes: false, set: (to) => void (to.cancel = false) },
    "--close-stderr-at-start": { takes: false, set: (to) => void (to.closeStderrAtStart = true) },
    "--never-read": { takes: false, set: (to) => void (to.neverRead = true) },
    "--exit-at-once": { takes: true, set: (to, value) => void (to.exitAtOnce = wholeNumber(value)) },
    "--start-delay": { takes: true, set: (to, value) => void (to.startDelayMs = wholeNumber(value)) },
    "--ignore-term": { takes: false, set: (to) => void (to.ignoreTerm = true) },
    "--ignore-eof": { takes: false, set: (to) => void (to.ignoreEndOfInput = true) },
    "--lifetime": { takes: true, set: (to, value) => void (to.lifetimeMs = wholeNumber(value)) }
  }

/** Reads the arguments, or says which one is wrong. */
export function readOptions(
  args: ReadonlyArray<string>
): { readonly ok: true; readonly value: ScriptedOptions } | { readonly ok: false; readonly problem: string } {
  const draft: Draft = {
    hello: undefined,
    silent: false,
    s0: false,
    cancel: true,
    closeStderrAtStart: false,
    neverRead: false,
    exitAtOnce: undefined,
    startDelayMs: 0,
    ignoreTerm: false,
    ignoreEndOfInput: false,
    lifetimeMs: defaultLifetimeMs
  }
  try {
    for (let at = 0; at < args.length; at++) at += take(draft, args, at)
  } catch (error) {
    return { ok: false, problem: `scripted runner: ${error instanceof Error ? error.message : String(error)}` }
  }
  const { silent, ...rest } = draft
  const cancel = rest.cancel && !silent
  return { ok: true, value: { ...rest, cancel, hello: silent ? undefined : (rest.hello ?? ownHello(cancel)) } }
}

/** Takes the option at a place in; answers how many values it has used. */
function take(draft: Draft, args: ReadonlyArray<string>, at: number): number {
  const name = args[at] ?? ""
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) throw new Error(`${name} is no option; there are ${Object.keys(options).join(" ")}`)
  const value = args[at + 1]
  if (option.takes && value === undefined) throw new Error(`${name} needs a value`)
  option.set(draft, value ?? "")
  return option.takes ? 1 : 0
}

function ownHello(cancel: boolean): string {
  const capabilities = { cancel: cancel ? "cooperative" : "none", answer: true }
  return JSON.stringify({ type: "hello", protocol: 1, agent: "scripted", version: "1", capabilities })
}

function jsonLine(text: string): string {
  return JSON.stringify(JSON.parse(text))
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${JSON.stringify(text)} is not a whole number`)
  return Number(text)
}
