import { join } from "node:path"
import { isatty } from "node:tty"
import { makeAgents } from "@signalbox/agents"
import { hostErrorCodes, type HostError } from "@signalbox/host"
import { type EndedBody, errorCodes, outcomeExitCodes, type TraceRecord } from "@signalbox/protocol"
import type { TraceLine } from "@signalbox/trace"
import type { Arguments } from "./arguments.ts"
import { type Asks, makeAsks } from "./asks.ts"
import { CliFault } from "./cli-fault.ts"
import { type HostVisit, type LiveRun, visitHost } from "./EmbeddedHost.ts"
import { showPath } from "./folders.ts"
import { exitCodeOf, type Interrupts, watchInterrupts } from "./interrupts.ts"
import { makeOutput, type Output } from "./output.ts"
import { jsonReader, liveReader, quietReader, type Reader } from "./readers.ts"
import { readRunOrder, type RunOrder } from "./run-order.ts"
import { readSettings, type Settings } from "./settings.ts"
import { harmless, looksOf, say } from "./terminal.ts"

// `signalbox run`: one run on a host of its own, shown as it goes.

/** The reader of the output has gone: as a program that dies of SIGPIPE. */
const brokenPipeExit = 141
/** Between SIGTERM and SIGKILL after the second signal, and between the end of a run and leaving a reader that is stuck. */
const hurryMs = 1_000
/** When a person is told why the program has not left yet. */
const slowMs = 1_500

interface Carrying {
  readonly order: RunOrder
  readonly settings: Settings
  readonly output: Output
  readonly interrupts: Interrupts
}

export async function runCommand(given: Arguments): Promise<number> {
  const settings = readSettings(given.flags, process.env)
  const order = await readRunOrder(given)
  const carrying = { order, settings, output: makeOutput(process.stdout), interrupts: watchInterrupts() }
  let slow: NodeJS.Timeout | undefined
  const code = await visitHost({ settings, agents: makeAgents(order.agents) }, async (host) => {
    const result = await carry(carrying, host)
    slow = setTimeout(() => say("signalbox: waiting for the agent's program to leave; Ctrl-C kills it"), slowMs)
    return result
  })
  clearTimeout(slow)
  const signal = carrying.interrupts.first()
  if (signal === undefined) return code
  // What a stuck reader has not taken would hold the program up for ever.
  if (carrying.output.isOver()) process.exit(exitCodeOf(signal))
  return exitCodeOf(signal)
}

async function carry(carrying: Carrying, host: HostVisit): Promise<number> {
  const { order, output, interrupts } = carrying
  const accepted = await host.run(order.request)
  if (!accepted.ok) throw refusal(accepted.error)
  const { run } = accepted
  const reader = readerFor(carrying, run)
  const person = isatty(0) && isatty(2) && !order.promptFromStdin
  const asks = makeAsks({ run, reader, permit: order.permit, person })
  let over = false
  void run.ended.then(() => (over = true))
  interrupts.listen((signal, count) => interrupt({ run, host, reader, output, isOver: () => over }, signal, count))
  void output.gone.then(() => run.cancel("nobody reads the output any more"))
  try {
    await follow(run, { reader, asks, output })
  } finally {
    asks.close()
    await reader.finish()
  }
  const ended = await run.ended
  if (output.isGone()) return brokenPipeExit
  if (order.show !== "lines") explainEnd(ended, carrying, run.runId)
  return exitCodeFor(ended)
}

async function follow(
  run: LiveRun,
  { reader, asks, output }: { readonly reader: Reader; readonly asks: Asks; readonly output: Output }
): Promise<void> {
  try {
    for await (const batch of run.batches()) {
      for (const line of batch) takeAsk(line, asks)
      await reader.take(batch)
      if (output.isOver()) return
    }
  } catch (error) {
    run.cancel("its trace cannot be read")
    await run.ended
    const message = error instanceof Error ? error.message : String(error)
    throw new CliFault({ message, remedy: errorCodes.journal_failed.remedy, exit: 1 })
  }
}

function takeAsk({ text }: TraceLine, asks: Asks): void {
  if (!text.includes('"permission.requested"')) return
  const { record } = JSON.parse(text) as TraceRecord
  if (record.type === "event" && record.event.type === "permission.requested") asks.take(record.event)
}

interface Interrupted {
  readonly run: LiveRun
  readonly host: HostVisit
  readonly reader: Reader
  readonly output: Output
  readonly isOver: () => boolean
}

/** The first signal cancels, the second, or one after the end, kills; the third never gets here. */
function interrupt({ run, host, reader, output, isOver }: Interrupted, signal: NodeJS.Signals, count: number): void {
  if (count > 1 || isOver()) {
    reader.note(`signalbox: ${signal}${count > 1 ? " again" : ""}: killing what runs`)
    output.giveUp()
    host.kill(true)
    setTimeout(() => host.kill(true), hurryMs).unref()
    return
  }
  reader.note(`signalbox: ${signal}: the run is being cancelled; once more kills it`)
  run.cancel(`interrupted by ${signal}`)
  void run.ended.then(() => setTimeout(output.giveUp, hurryMs).unref())
}

function readerFor({ order, settings, output }: Carrying, run: LiveRun): Reader {
  const terminal = process.stdout.isTTY === true
  if (order.show === "json") return jsonReader(output, terminal)
  if (order.show === "quiet") return quietReader(output, terminal)
  const looks = looksOf(process.stdout, process.env)
  return liveReader({
    output,
    looks,
    marks: looks.marks,
    columns: () => process.stdout.columns || 80,
    head: ({ agent }) => `${agent ?? ""} ${run.runId} in ${showPath(order.request.cwd, process.env)}`,
    idle: idleText(order),
    trace: showPath(tracePath(settings, run.runId), process.env)
  })
}

function idleText({ program }: RunOrder): string {
  return program === undefined ? "working" : `$ ${program.join(" ")}`
}

/** Run ids that the host mints stand in file names as they are. */
function tracePath(settings: Settings, runId: string): string {
  return join(settings.host.data_folder, "runs", `${runId}.ndjson`)
}

/** Where the lines of the run are not shown, a bad end is told on stderr. */
function explainEnd({ outcome, error }: EndedBody, { settings }: Carrying, runId: string): void {
  if (outcome === "completed") return
  const why = error === undefined ? "" : `: ${error.message}`
  say(`signalbox: the run has ${past[outcome]}${harmless(why)}`)
  say(`signalbox: its trace is ${showPath(tracePath(settings, runId), process.env)}`)
}

const past = { failed: "failed", cancelled: "been cancelled", timed_out: "timed out", lost: "been lost" }

/** What was refused for load is told from what failed, however late it was refused. */
function exitCodeFor({ outcome, error }: EndedBody): number {
  const refused = error !== undefined && errorCodes[error.code].exit === 6
  return refused ? 6 : outcomeExitCodes[outcome]
}

function refusal(error: HostError): CliFault {
  const { remedy, exit } = errorCodes[hostErrorCodes[error._tag]]
  const own = "remedy" in error && error.remedy !== "" ? error.remedy : remedy
  return new CliFault({ message: error.message, remedy: own, exit })
}
