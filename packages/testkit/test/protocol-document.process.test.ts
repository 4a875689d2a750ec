import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { isAlive, until } from "@signalbox/proof"
import {
  errorCodes,
  ItemKind,
  KnownEvent,
  MAX_FRAME_BYTES,
  Outcome,
  PROTOCOL_NAME,
  RecordBody
} from "@signalbox/protocol"
import { describe, expect, it } from "vitest"
import { rules } from "../src/lib/conformance/conformance.ts"
import { scriptedRunnerCommand } from "../src/scripted-runner-command.ts"

const text = readFileSync(new URL("../../../PROTOCOL.md", import.meta.url), "utf8")
const stated = [...text.matchAll(/^- \*\*(STDIO-(\d+))\*\* \((runner|host|both)\) ([^]*?)(?=\n- |\n\n)/gm)].map(
  ([, id = "", number = "", binds = "", sentence = ""]) => ({ id, number: Number(number), binds, sentence })
)
const section = (number: number) => text.split(/^## /m).find((part) => part.startsWith(`${number}. `)) ?? ""
const words = (part: string) => [...part.matchAll(/`([a-z_.]+)`/g)].map(([, word]) => word)

describe("PROTOCOL.md", () => {
  it("numbers its rules without a hole, and says whom each binds", () => {
    expect(stated.map(({ number }) => number)).toEqual(stated.map((_, index) => index + 1))
    expect(stated.length).toBe([...text.matchAll(/^- \*\*/gm)].length)
    for (const { sentence } of stated) expect(sentence).toMatch(/\bMUST\b/)
  })

  it("states no MUST outside a numbered rule", () => {
    const rest = stated.reduce((left, { sentence }) => left.replace(sentence, ""), text)
    expect(rest.match(/^.*\bMUST\b.*$/gm)).toEqual([
      "The words MUST, MUST NOT, SHOULD and MAY are meant as in RFC 2119. Every MUST has an id and says whom it binds: the"
    ])
  })

  it("binds runners by exactly the rules that the suite checks [WX-04]", () => {
    const binding = stated.filter(({ binds }) => binds !== "host").map(({ id }) => id)
    expect(rules.map(({ id }) => id)).toEqual(binding)
  })

  it("names the wire, its limit, its events, items, records, outcomes and error codes as the schemas do", () => {
    expect(text).toContain(PROTOCOL_NAME)
    expect(text).toContain(`(${MAX_FRAME_BYTES.toLocaleString("en")} bytes`)
    const events = KnownEvent.options.map((option) => option.shape.type.value)
    expect(words(section(9))).toEqual(expect.arrayContaining([...events, ...ItemKind.options]))
    const records = RecordBody.options.map((option) => option.shape.type.value)
    expect(words(section(10))).toEqual(expect.arrayContaining([...records, ...Outcome.options]))
    const codes = words(section(8)).filter((word) => word?.includes("_"))
    expect(codes.filter((code) => !Object.hasOwn(errorCodes, code ?? "") && code !== "timed_out")).toEqual([])
  })

  it("shows a dialogue that is real [S0-28 S0-29 S0-51]", async () => {
    const dialogue = /<!-- dialogue -->\n```text\n([^]*?)```/.exec(text)?.[1]?.trim().split("\n") ?? []
    expect(dialogue.length).toBeGreaterThan(10)
    const { file, args } = scriptedRunnerCommand()
    const child = spawn(file, [...args], { stdio: ["pipe", "pipe", "inherit"] })
    let heard = ""
    child.stdout.on("data", (chunk: Buffer) => void (heard += chunk.toString()))
    let expected = ""
    for (const line of dialogue) {
      if (line.startsWith("→ ")) child.stdin.write(`${line.slice(2)}\n`)
      else expected += `${line.replace("← ", "")}\n`
      // The answers come in the order of the document only when the host waits for them where it shows them.
      if (line.startsWith("← ")) await until(line, () => heard.length >= expected.length)
    }
    child.stdin.end()
    const code = await new Promise((resolve) => child.once("close", resolve))
    expect(heard).toBe(expected)
    expect(code).toBe(0)
    expect(isAlive(child.pid ?? 0)).toBe(false)
  })
})
