import { bare, type DeedWord, withNumbers, withText } from "./arguments.ts"
import { type ByteOutput, standStill } from "./byte-output.ts"
import { agentMessage, type ScriptedRun, type World } from "./world.ts"

// Deeds about bytes: what arrives on a host's pipes from a runner that is loud, broken or foreign.

const chunkBytes = 64 * 1024
const cutPauseMs = 20

export const byteDeeds: ReadonlyArray<DeedWord> = [
  withNumbers(
    "flood COUNT BYTES",
    [2, 2],
    (count = 0, bytes = 0) =>
      (world, run) =>
        flood(world, run, { count, bytes })
  ),
  withNumbers("huge-line BYTES", [1, 1], (bytes = 0) => (world, run) => {
    const { head, padding, tail } = paddedLine(run, bytes)
    world.stdout.write(head)
    writeFilled(world.stdout, padding)
    world.stdout.write(`${tail}\n`)
  }),
  withNumbers(
    "unterminated BYTES",
    [1, 1],
    (bytes = 0) =>
      (world) =>
        writeFilled(world.stdout, bytes)
  ),
  bare("newline", (world) => world.stdout.write("\n")),
  withNumbers(
    "blank [COUNT]",
    [0, 1],
    (count = 1) =>
      (world) =>
        world.stdout.write("\n".repeat(count))
  ),
  withNumbers(
    "garbage [COUNT]",
    [0, 1],
    (count = 1) =>
      (world) =>
        writeEach(world, count, garbage)
  ),
  withNumbers(
    "not-object [COUNT]",
    [0, 1],
    (count = 1) =>
      (world) =>
        writeEach(world, count, notObjects)
  ),
  bare("split-utf8", (world, run) => {
    const line = Buffer.from(eventLine(run, "split ä € 😀 here"))
    const cut = line.indexOf(0xf0) + 2
    world.stdout.write(line.subarray(0, cut))
    // The other runs stand still too: the rest of this line has to be the next thing on the pipe.
    standStill(cutPauseMs)
    world.stdout.write(line.subarray(cut))
  }),
  bare("bad-utf8", (world, run) => {
    const line = Buffer.from(eventLine(run, "bad ? byte"))
    line[line.indexOf("?")] = 0xff
    world.stdout.write(line)
  }),
  bare("bom", (world, run) => world.stdout.write(`\uFEFF${eventLine(run, "after a byte order mark")}`)),
  bare("crlf", (world, run) => world.stdout.write(eventLine(run, "ended by CRLF").replace("\n", "\r\n"))),
  bare("lone-cr", (world, run) => world.stdout.write(eventLine(run, "lone CR").replace(",", ",\r"))),
  bare("u2028", (world, run) => world.stdout.write(eventLine(run, "one\u2028two\u2029three\u0085four"))),
  bare("unknown-id", (world, run) =>
    world.frame({ type: "event", id: `${run.id}-unknown`, event: agentMessage(run, "for nobody") })
  ),
  bare("unknown-type", (world, run) => world.frame({ type: "scripted.unknown", id: run.id })),
  withNumbers(
    "wrong-shape [COUNT]",
    [0, 1],
    (count = 1) =>
      (world, run) =>
        writeEach(world, count, wrongShapes(run.id))
  ),
  withText("stderr TEXT", (text) => (world) => world.stderr.write(`${text}\n`)),
  withNumbers("stderr-flood COUNT BYTES", [2, 2], (count = 0, bytes = 0) => (world) => {
    const line = Buffer.alloc(bytes + 1, "e")
    line[bytes] = 0x0a
    for (let at = 0; at < count; at++) world.stderr.write(line)
  })
]

const garbage = ["this is no frame", '{"type":"event","id":', "\u0000\u0001\u0002", "}{", "Warning: something"]
const notObjects = ["[1,2,3]", "null", "17", '"text"', "true"]
const wrongShapes = (id: string) => [
  JSON.stringify({ type: "end", id, status: "perhaps" }),
  JSON.stringify({ type: "event", id, event: "no object" }),
  JSON.stringify({ type: "event", id: 5, event: { type: "turn.started" } }),
  JSON.stringify({ type: "end", id, status: "error" })
]

function writeEach(world: World, count: number, lines: ReadonlyArray<string>): void {
  for (let at = 0; at < count; at++) world.stdout.write(`${lines[at % lines.length] ?? ""}\n`)
}

function eventLine(run: ScriptedRun, text: string): string {
  return `${JSON.stringify({ type: "event", id: run.id, event: agentMessage(run, text) })}\n`
}

/** An event whose line is exactly so many bytes, its newline not counted; never less than the empty event. */
function paddedLine(run: ScriptedRun, bytes: number): { head: string; padding: number; tail: string } {
  const [head = "", tail = ""] = eventLine(run, "\u0001").trimEnd().split("\\u0001")
  return { head, tail, padding: Math.max(0, bytes - Buffer.byteLength(head) - Buffer.byteLength(tail)) }
}

/** Writes whole lines in chunks; between two chunks the other runs and the input have their turn. */
async function flood(world: World, run: ScriptedRun, size: { count: number; bytes: number }): Promise<void> {
  let chunk = ""
  for (let at = 0; at < size.count; at++) {
    const { head, padding, tail } = paddedLine(run, size.bytes)
    chunk += `${head}${"x".repeat(padding)}${tail}\n`
    if (chunk.length < chunkBytes) continue
    world.stdout.write(chunk)
    chunk = ""
    await new Promise((resolve) => setImmediate(resolve))
    if (run.cancelled && !run.meetsCancel) return
  }
  world.stdout.write(chunk)
}

function writeFilled(output: ByteOutput, bytes: number): void {
  const chunk = Buffer.alloc(Math.min(bytes, 16 * chunkBytes), "x")
  for (let left = bytes; left > 0; left -= chunk.length) output.write(chunk.subarray(0, Math.min(left, chunk.length)))
}
