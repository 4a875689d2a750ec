import { describe, expect, it } from "vitest"
import { type ErrorCode, errorCodes, Fault, Outcome, outcomeExitCodes } from "../src/index.ts"

const codes = Object.entries(errorCodes)

describe("the table of error codes", () => {
  it.each(codes)("%s has a meaning at every door", (_, { http, jsonrpc, exit, retryable, remedy }) => {
    expect(http).toSatisfy((status: number) => Number.isInteger(status) && status >= 400 && status <= 599)
    expect(jsonrpc).toSatisfy((code: number) => Number.isInteger(code) && code <= -32_000 && code >= -32_768)
    expect([1, 2, 3, 4, 5, 6]).toContain(exit)
    expect(typeof retryable).toBe("boolean")
    expect(remedy).toMatch(/^[A-Z].*[.]$/)
  })

  it("is closed: a fault carries one of its codes and no other", () => {
    for (const [code] of codes) expect(Fault.safeParse({ code, message: "" }).success).toBe(true)
    expect(Fault.safeParse({ code: "invented", message: "" }).success).toBe(false)
    expect(Fault.safeParse({ code: "toString", message: "" }).success).toBe(false)
  })

  it("gives no two codes the same number on a socket, except where JSON-RPC itself has one for both", () => {
    const own = codes.map(([, { jsonrpc }]) => jsonrpc).filter((number) => number > -32_100)
    expect(new Set(own).size).toBe(own.length)
  })

  it("has a code for every error of the reference [S0-23]", () => {
    const named: ReadonlyArray<ErrorCode> = ["closed", "spawn_failed", "write_failed", "encode_failed", "duplicate_id"]
    expect(Object.keys(errorCodes)).toEqual(expect.arrayContaining([...named]))
  })

  it("tells to try again only what is not the asker's mistake", () => {
    const mistakes = codes.filter(([, { exit, retryable }]) => exit === 2 && retryable)
    expect(mistakes).toEqual([])
  })
})

describe("outcomes", () => {
  it("each have an exit code of their own, and 2 and 6 are left to usage and load", () => {
    expect(Object.keys(outcomeExitCodes).toSorted()).toEqual([...Outcome.options].toSorted())
    expect(outcomeExitCodes).toEqual({ completed: 0, failed: 1, cancelled: 3, timed_out: 4, lost: 5 })
  })

  it.each<[ErrorCode, Outcome]>([
    ["cancelled", "cancelled"],
    ["run_timeout", "timed_out"],
    ["idle_timeout", "timed_out"],
    ["first_output_timeout", "timed_out"],
    ["handshake_timeout", "timed_out"],
    ["runner_exited", "lost"],
    ["runner_fatal", "lost"],
    ["runner_stuck", "lost"],
    ["host_died", "lost"],
    ["agent_failed", "failed"],
    ["spawn_failed", "failed"],
    ["no_terminal", "failed"],
    ["exit_nonzero", "failed"]
  ])("agree with the error table: %s exits as %s does", (code, outcome) => {
    expect(errorCodes[code].exit).toBe(outcomeExitCodes[outcome])
  })
})
