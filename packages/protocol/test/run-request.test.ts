import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { promptText, RunRequest } from "../src/index.ts"

const request = { agent: "codex", prompt: "say hello" }

describe("a run request", () => {
  it("is given back as it was asked", () => {
    const whole = { ...request, run_id: "mine", cwd: "/srv", params: { own: [1] }, limits: { run_ms: 1_000 } }
    expect(RunRequest.parse(whole)).toEqual(whole)
  })

  it("with any field that does not exist is refused, and the field is named", () => {
    const known = new Set(Object.keys(RunRequest.shape))
    const unknownField = fc.string({ minLength: 1 }).filter((name) => !known.has(name) && name !== "__proto__")
    fc.assert(
      fc.property(unknownField, fc.jsonValue(), (name, value) => {
        const result = RunRequest.safeParse({ ...request, [name]: value })
        expect(result.error?.issues).toMatchObject([{ code: "unrecognized_keys", keys: [name] }])
      })
    )
  })

  it("may carry anything in its params", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (params) => {
        expect(RunRequest.safeParse({ ...request, params }).success).toBe(true)
      })
    )
  })

  it("names every limit that is wrong", () => {
    const limits = { run_ms: 0, idle_ms: -1, first_output_ms: 0.5, wait_ms: "1", turns: 1 }
    const paths = RunRequest.safeParse({ ...request, limits }).error?.issues.map(({ path }) => path.join("."))
    expect(paths).toEqual(["limits.run_ms", "limits.idle_ms", "limits.first_output_ms", "limits.wait_ms", "limits"])
  })
})

describe("the text of a prompt", () => {
  it.each<[string, Parameters<typeof promptText>[0], string]>([
    ["is empty without a prompt", undefined, ""],
    ["is the text itself", "a\nb", "a\nb"],
    [
      "is the texts of the parts, a line each",
      [
        { type: "text", text: "a" },
        { type: "text", text: "b" }
      ],
      "a\nb"
    ],
    [
      "leaves out parts without text",
      [
        { type: "local_image", path: "a.png" },
        { type: "text", text: "b" }
      ],
      "b"
    ],
    [
      "keeps an empty text as an empty line",
      [
        { type: "text", text: "" },
        { type: "text", text: "b" }
      ],
      "\nb"
    ]
  ])("%s", (_, prompt, text) => {
    expect(promptText(prompt)).toBe(text)
  })
})
