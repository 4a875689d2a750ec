import { openByteOutput } from "./byte-output.ts"
import type { ScriptedOptions } from "./options.ts"
import { readScript } from "./script.ts"
import { isObject, readStdinLines } from "./stdin-lines.ts"
import { flattened, type RunEnd, type ScriptedRun, type World } from "./world.ts"

// The obedient part: frames in, scripts played, one end each, and a drain when the input ends. Only a deed misbehaves.

type Fields = Readonly<Record<string, unknown>>

export function startScriptedRunner(options: ScriptedOptions): void {
  if (options.exitAtOnce !== undefined) process.exit(options.exitAtOnce)
  if (options.ignoreTerm) process.on("SIGTERM", () => undefined)
  // Keeps the process alive until then, whatever happens to its input.
  setTimeout(() => process.exit(97), options.lifetimeMs)
  setTimeout(() => serve(options), options.startDelayMs)
}

function serve(options: ScriptedOptions): void {
  const play = new Player(options)
  if (options.closeStderrAtStart) play.world.stderr.close()
  if (options.hello !== undefined) play.world.stdout.write(`${options.hello}\n`)
  if (options.neverRead) return
  process.stdin.on("data", (chunk: Buffer) => play.lines.push(chunk))
  process.stdin.once("error", () => play.endInput())
  process.stdin.once("end", () => play.endInput())
}

/** Owns the runs in progress. Ends the process when the input has ended and every script is over. */
class Player {
  readonly world: World
  readonly lines = readStdinLines((frame) => this.take(frame))
  private readonly options: ScriptedOptions
  private readonly waiting = new Set<() => void>()
  private playing = 0
  private highest = 0
  private inputEnded = false

  constructor(options: ScriptedOptions) {
    this.options = options
    this.world = this.makeWorld()
  }

  endInput(): void {
    if (this.inputEnded) return
    this.lines.end()
    this.inputEnded = true
    this.lookAgain()
    this.exitWhenDrained()
  }

  private makeWorld(): World {
    const stdout = openByteOutput(1)
    const stderr = openByteOutput(2)
    return {
      stdout,
      stderr,
      stdin: this.lines.counts,
      runs: new Map(),
      highest: () => this.highest,
      inputEnded: () => this.inputEnded,
      stopReading: () => void process.stdin.pause(),
      frame: (frame) => stdout.write(`${JSON.stringify(frame)}\n`),
      event: (run, event) => stdout.write(`${JSON.stringify({ type: "event", id: run.id, event })}\n`),
      end: (run, end) => this.end(run, end),
      diag: (run, level, message) =>
        stderr.write(`${JSON.stringify({ type: "diag", ...(run && { id: run.id }), level, message })}\n`),
      until: (fact) => this.until(fact)
    }
  }

  private take(frame: Fields): void {
    const { type, id } = frame
    const known = typeof id === "string" ? this.world.runs.get(id) : undefined
    if (type === "hello") return
    if (typeof id !== "string" || id === "") return
    if (type === "run") this.accept(id, frame["params"], known)
    else if (type === "cancel" && this.options.cancel) Object.assign(known ?? {}, { cancelled: true })
    else if (type === "answer" && !this.options.s0) known?.answers.set(String(frame["request"]), frame["value"])
    else this.refuse(id, `unknown-type: ${flattened(String(type))}`, known)
    this.lookAgain()
  }

  private accept(id: string, params: unknown, known: ScriptedRun | undefined): void {
    if (known !== undefined) return this.refuse(id, "duplicate-id", known)
    const prompt = readPrompt(params, this.options.s0 ? "input" : "prompt")
    if (!prompt.ok) return this.refuse(id, `invalid-params: ${prompt.problem}`, undefined)
    const script = readScript(prompt.text)
    const run: ScriptedRun = {
      id,
      params: params as Fields,
      cancelled: false,
      meetsCancel: false,
      failure: undefined,
      answers: new Map(),
      items: 0
    }
    this.world.runs.set(id, run)
    this.highest = Math.max(this.highest, this.world.runs.size)
    if (!script.ok) return this.world.end(run, { status: "error", error: script.problem })
    void this.play(run, script.deeds)
  }

  /** A refusal must not end the run that has the id; the runners before version 1 did not know better. */
  private refuse(id: string, error: string, known: ScriptedRun | undefined): void {
    if (known === undefined || this.options.s0) return this.world.frame({ type: "end", id, status: "error", error })
    this.world.diag(known, "error", `${error}: a run with this id is in progress`)
  }

  private async play(run: ScriptedRun, deeds: ReadonlyArray<(world: World, run: ScriptedRun) => void | Promise<void>>) {
    this.playing++
    const isStopped = () => run.cancelled && !run.meetsCancel
    try {
      for (const deed of deeds) {
        if (isStopped()) break
        // Only a deed that waits gives the other runs their turn: what follows it in the script is written in one breath.
        const done = deed(this.world, run)
        if (done !== undefined) await done
      }
      if (this.world.runs.get(run.id) === run) this.world.end(run, defaultEnd(run))
    } catch (error) {
      const message = flattened(error instanceof Error ? error.message : String(error))
      this.world.diag(run, "error", message)
      if (this.world.runs.get(run.id) === run) this.world.end(run, { status: "error", error: message })
    }
    this.playing--
    this.exitWhenDrained()
  }

  private end(run: ScriptedRun, end: RunEnd): void {
    if (this.world.runs.get(run.id) === run) this.world.runs.delete(run.id)
    this.world.frame({ type: "end", id: run.id, ...end })
    this.lookAgain()
  }

  private until(fact: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!fact()) return
        this.waiting.delete(look)
        resolve()
      }
      this.waiting.add(look)
      look()
    })
  }

  private lookAgain(): void {
    for (const look of [...this.waiting]) look()
  }

  private exitWhenDrained(): void {
    if (this.inputEnded && this.playing === 0 && !this.options.ignoreEndOfInput) process.exit(0)
  }
}

function defaultEnd(run: ScriptedRun): RunEnd {
  if (run.cancelled) return { status: "cancelled" }
  return run.failure === undefined ? { status: "ok" } : { status: "error", error: run.failure }
}

type ReadPrompt = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }

function readPrompt(params: unknown, field: string): ReadPrompt {
  if (!isObject(params)) return { ok: false, problem: "params is not an object" }
  const prompt = params[field]
  if (prompt === undefined) return { ok: false, problem: `${field} is missing` }
  if (typeof prompt === "string") return { ok: true, text: prompt }
  if (!Array.isArray(prompt)) return { ok: false, problem: `${field} is neither a text nor a list of parts` }
  const texts = prompt.map((part: unknown) => (isObject(part) ? part["text"] : undefined))
  return { ok: true, text: texts.filter((text) => typeof text === "string").join("\n") }
}
