import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parsePlaybook } from "../src/parse-playbook.ts"

/** "prose@1 a|b" and "step@3 code" for each part, or "wrong@2: message". */
function words(markdown: string): ReadonlyArray<string> {
  const parsed = parsePlaybook(markdown)
  if (!parsed.ok) return [`wrong@${parsed.fault.line}: ${parsed.fault.message}`]
  return parsed.parts.map((part) => {
    const text = (part.type === "prose" ? part.text : part.code).replaceAll("\n", "|")
    const { mayFail = false, timeoutMs } = part.type === "step" ? part.options : {}
    return `${part.type}@${part.line} ${text}${mayFail ? " continue" : ""}${timeoutMs ? ` ${timeoutMs}ms` : ""}`
  })
}

describe("parsePlaybook", () => {
  it.each<[string, string, ReadonlyArray<string>]>([
    ["finds nothing in nothing", "", []],
    ["finds prose alone", "\nhello\n\nyou\n\n", ["prose@2 hello||you"]],
    ["finds a step between prose", "a\n\n```sh\nls\n```\n\nb", ["prose@1 a", "step@3 ls", "prose@7 b"]],
    [
      "knows sh, bash and shell in any case",
      "```sh\n1\n```\n```Bash\n2\n```\n```SHELL\n3\n```",
      ["step@1 1", "step@4 2", "step@7 3"]
    ],
    ["leaves other languages in the prose", "a\n```js\nb()\n```\nc", ["prose@1 a|```js|b()|```|c"]],
    ["leaves a block without a language in the prose", "```\nls\n```", ["prose@1 ```|ls|```"]],
    [
      "leaves a language that only begins like one in the prose",
      "```shell-session\n$ ls\n```",
      ["prose@1 ```shell-session|$ ls|```"]
    ],
    ["knows tildes", "~~~sh\nls\n~~~", ["step@1 ls"]],
    ["does not close tildes with backticks", "~~~sh\necho\n```\n~~~", ["step@1 echo|```"]],
    ["closes a longer fence with one as long", "````sh\n```\n````", ["step@1 ```"]],
    ["closes a fence with a longer one", "```sh\nls\n`````  ", ["step@1 ls"]],
    ["does not close a fence with words behind it", "```sh\n```sh\n```", ["step@1 ```sh"]],
    ["takes the fence's indent away", "   ```sh\n   a\n     b\n c\n  ```", ["step@1 a|  b|c"]],
    ["takes no more than four spaces for code", "    ```sh\n    ls", ["prose@1     ```sh|    ls"]],
    ["does not take a code span for a fence", "```sh ls``` is a span", ["prose@1 ```sh ls``` is a span"]],
    ["does not run what is in another block", "````md\n```sh\nrm x\n```\n````", ["prose@1 ````md|```sh|rm x|```|````"]],
    [
      "does not run what is in a comment",
      "<!-- off:\n```sh\nrm x\n```\n-->\nb",
      ["prose@1 <!-- off:|```sh|rm x|```|-->|b"]
    ],
    ["goes on behind a comment of one line", "<!-- a -->\n```sh\nls\n```", ["prose@1 <!-- a -->", "step@2 ls"]],
    ["reads the options of a fence", "```sh continue timeout=1.5s\nls\n```", ["step@1 ls continue 1500ms"]],
    [
      "reads minutes and hours",
      "~~~sh timeout=2m\n~~~\n~~~sh timeout=1h\n~~~",
      ["step@1  120000ms", "step@3  3600000ms"]
    ],
    ["knows a fence whose info holds an odd line separator", "```sh a\u2028b\nls\n```", ["step@1 ls"]],
    ["knows an empty step", "```sh\n```", ["step@1 "]],
    ["reads lines that end in CR LF", "a\r\n```sh\r\nls\r\n```\r\n", ["prose@1 a", "step@2 ls"]]
  ])("%s", (_sentence, markdown, expected) => {
    expect(words(markdown)).toEqual(expected)
  })

  it.each<[string, string, RegExp]>([
    ["a fence that is never closed", "a\n\n```sh\nls\n", /^wrong@3: .*``` is never closed/],
    ["a fence of another language that is never closed", "~~~~js\n~~~\n", /^wrong@1: .*~~~~ is never closed/],
    ["a comment that is never closed", "\n<!-- a\n", /^wrong@2: the comment .* never closed/],
    ["a time limit without a unit", "```sh timeout=30\n```", /^wrong@1: "timeout=30" is no time limit.*timeout=30s/],
    ["a time limit of nothing", "```sh timeout=0s\n```", /^wrong@1: "timeout=0s" is no time limit/],
    ["a time limit that no timer can hold", "```sh timeout=1000h\n```", /^wrong@1: "timeout=1000h" is no time limit/]
  ])("refuses %s and names its line", (_sentence, markdown, expected) => {
    expect(words(markdown)).toEqual([expect.stringMatching(expected)])
  })

  it("reads a very long playbook of blocks and comments without getting slower and slower", () => {
    const markdown = "<!-- a -->\n```sh\n```\n".repeat(100_000)
    const started = performance.now()
    expect(words(markdown)).toHaveLength(200_000)
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it("remarks on words that mean nothing, and runs the step", () => {
    const parsed = parsePlaybook("\n```sh title=x\nls\n```")
    expect(parsed).toMatchObject({ ok: true, remarks: [{ line: 2, message: expect.stringContaining('"title=x"') }] })
  })
})

const code = fc.array(fc.constantFrom("ls", "", "  echo a", "# b", "~~", "cat <<X", "``"), { maxLength: 5 })
const prose = fc.array(fc.constantFrom("text", "", "    indented", "> quote", "- item", "`span`"), { maxLength: 4 })
const mark = fc.constantFrom("```", "~~~", "`````")
const section = fc.record({ prose, code, mark, language: fc.constantFrom("sh", "bash", "js", "") })

describe("every playbook", () => {
  it("gives back its steps in order, each with the line of its fence", () => {
    fc.assert(
      fc.property(fc.array(section), fc.constantFrom("\n", "\r\n", "\r"), (sections, newline) => {
        const lines = sections.flatMap((one) => [...one.prose, one.mark + one.language, ...one.code, one.mark])
        const parsed = parsePlaybook(lines.join(newline))
        const steps = parsed.ok ? parsed.parts.filter((part) => part.type === "step") : undefined
        const written = sections.filter((one) => one.language === "sh" || one.language === "bash")
        expect(steps?.map((step) => step.code)).toEqual(written.map((one) => one.code.join("\n")))
        for (const step of steps ?? []) expect(lines[step.line - 1]).toMatch(/^(`+|~+)(sh|bash)$/)
      })
    )
  })

  it("is read or refused with a line of its own, whatever it holds", () => {
    const piece = fc.constantFrom(
      "```",
      "~~~",
      "`",
      "sh",
      " ",
      "\n",
      "\r",
      "<!--",
      "-->",
      "continue",
      "timeout=",
      "1s",
      "x"
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const markdown = pieces.join("")
        const parsed = parsePlaybook(markdown)
        const count = markdown.split(/\r\n|\n|\r/).length
        const lines = parsed.ok ? parsed.parts.map((part) => part.line) : [parsed.fault.line]
        for (const line of lines) expect(line >= 1 && line <= count).toBe(true)
      })
    )
  })

  it("loses no line of its prose but blank ones", () => {
    fc.assert(
      fc.property(prose, code, (text, block) => {
        const parsed = parsePlaybook([...text, "```js", ...block, "```"].join("\n"))
        const shown = parsed.ok ? parsed.parts.map((part) => (part.type === "prose" ? part.text : "")).join("\n") : ""
        expect(shown.split("\n")).toEqual(expect.arrayContaining([...text, ...block].filter((line) => line !== "")))
      })
    )
  })
})
