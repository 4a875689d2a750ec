import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeParams } from "../src/decode-params.ts"

describe("decodeParams", () => {
  it("fills in what is left out", () => {
    expect(decodeParams({ prompt: "x", model: "m", effort: 3 })).toEqual({
      ok: true,
      value: { prompt: "x", env: {}, continueOnFailure: false, stepTimeoutMs: 600_000 }
    })
  })

  it("takes what it knows", () => {
    const params = { prompt: "x", cwd: "/a", env: { A: "1" }, continue_on_failure: true, step_timeout_ms: 5 }
    expect(decodeParams(params)).toEqual({
      ok: true,
      value: { prompt: "x", cwd: "/a", env: { A: "1" }, continueOnFailure: true, stepTimeoutMs: 5 }
    })
  })

  it("joins the texts of content parts", () => {
    const prompt = [{ type: "text", text: "a" }, { type: "image" }, { type: "text", text: "b" }]
    expect(decodeParams({ prompt })).toMatchObject({ ok: true, value: { prompt: "a\nb" } })
  })

  it.each<[string, unknown, string]>([
    ["no params", null, "params: must be an object"],
    ["a list", [], "params: must be an object"],
    ["no prompt", {}, "prompt: must be a text"],
    ["a number as prompt", { prompt: 1 }, "prompt: must be a text"],
    ["a list of texts as prompt", { prompt: ["a"] }, "prompt: must be a text"],
    ["an empty cwd", { prompt: "", cwd: "" }, "cwd: must be the path"],
    ["a cwd with NUL", { prompt: "", cwd: "a\0" }, "cwd: must be the path"],
    ["an env that is a list", { prompt: "", env: ["A=1"] }, "env: must be an object"],
    ["an env value that is no text", { prompt: "", env: { A: 1 } }, "env.A: must be a text"],
    ["an env value with NUL", { prompt: "", env: { A: "\0" } }, "env.A: must be a text"],
    ["an env name with =", { prompt: "", env: { "A=B": "" } }, 'env: has a name that no variable can have: "A=B"'],
    [
      "an env name that marks processes",
      { prompt: "", env: { SIGNALBOX_RUNNER: "" } },
      "env.SIGNALBOX_RUNNER: is reserved"
    ],
    ["a text for true", { prompt: "", continue_on_failure: "yes" }, "continue_on_failure: must be true or false"],
    ["a time limit of 0", { prompt: "", step_timeout_ms: 0 }, "step_timeout_ms: must be a whole number"],
    [
      "a time limit that no timer can hold",
      { prompt: "", step_timeout_ms: 2 ** 31 },
      "step_timeout_ms: must be a whole"
    ]
  ])("refuses %s and names the field", (_sentence, params, message) => {
    expect(decodeParams(params)).toEqual({ ok: false, message: expect.stringContaining(message) })
  })

  it("never throws, whatever it is given", () => {
    fc.assert(fc.property(fc.anything(), (params) => typeof decodeParams(params).ok === "boolean"))
    const fields = fc.record(
      { prompt: fc.anything(), cwd: fc.anything(), env: fc.anything(), step_timeout_ms: fc.anything() },
      { requiredKeys: [] }
    )
    fc.assert(fc.property(fields, (params) => typeof decodeParams(params).ok === "boolean"))
  })
})
