import { describe, expect, it } from "vitest"
import { decodeHostConfig, HostConfig, RunnerConfig } from "../src/config.ts"

const least = { data_folder: "/var/lib/signalbox" }

function problemsOf(value: unknown): ReadonlyArray<string> {
  const decoded = decodeHostConfig(value)
  return decoded.ok ? [] : decoded.problems
}

/** The paths that stand before the first colon of each problem. */
const pathsOf = (value: unknown) => problemsOf(value).map((problem) => problem.slice(0, problem.indexOf(": ")))

describe("the host's configuration", () => {
  it("needs nothing but a data folder", () => {
    const decoded = decodeHostConfig(least)
    expect(decoded).toMatchObject({ ok: true, value: { ...least, runner: { permits: 64, frame_bytes: 16_777_216 } } })
  })

  it("fills in the limits that the documents name", () => {
    const { runner, restart, window } = HostConfig.parse(least)
    expect(window).toEqual({ records: 1024, bytes: 1024 * 1024 })
    expect(restart).toMatchObject({
      backoff_min_ms: 200,
      backoff_max_ms: 30_000,
      breaker_deaths: 5,
      breaker_period_ms: 60_000
    })
    expect(runner).toMatchObject({ frame_bytes: 16 * 1024 * 1024, require_hello: false, hello_ms: 10_000 })
    expect(runner).toMatchObject({ stop_grace_ms: 5_000, term_grace_ms: 5_000, drain_ms: 2_000 })
  })

  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["no object at all", undefined, ["(top)"]],
    ["a list", [], ["(top)"]],
    ["nothing", {}, ["data_folder"]],
    ["no permit", { ...least, runner: { permits: 0 } }, ["runner.permits"]],
    ["less than no permit", { ...least, runner: { permits: -1 } }, ["runner.permits"]],
    ["half a permit", { ...least, runner: { permits: 1.5 } }, ["runner.permits"]],
    ["a permit in words", { ...least, runner: { permits: "64" } }, ["runner.permits"]],
    ["endless permits", { ...least, runner: { permits: Number.POSITIVE_INFINITY } }, ["runner.permits"]],
    ["permits that are no number", { ...least, runner: { permits: Number.NaN } }, ["runner.permits"]],
    ["a wait of no time", { ...least, runner: { wait_ms: 0 } }, ["runner.wait_ms"]],
    ["a queue of less than nothing", { ...least, runner: { waiting: -1 } }, ["runner.waiting"]],
    ["no runner", { ...least, runner: { runners: 0 } }, ["runner.runners"]],
    ["no death that the breaker forgives", { ...least, restart: { breaker_deaths: 0 } }, ["restart.breaker_deaths"]],
    [
      "a longest delay under the shortest",
      { ...least, restart: { backoff_min_ms: 500, backoff_max_ms: 499 } },
      ["restart.backoff_max_ms"]
    ],
    [
      "a longest delay under the standard one",
      { ...least, restart: { backoff_max_ms: 100 } },
      ["restart.backoff_max_ms"]
    ],
    [
      "a longest delay under the shortest beside a death that is no number",
      { ...least, restart: { backoff_min_ms: 9, backoff_max_ms: 8, breaker_deaths: "5" } },
      ["restart.breaker_deaths", "restart.backoff_max_ms"]
    ],
    ["a setting that does not exist", { ...least, runner: { permit: 1 } }, ["runner.permit"]],
    ["settings that do not exist", { ...least, port: 1, runner: { a: 1, b: 2 } }, ["runner.a", "runner.b", "port"]]
  ])("refuses %s and names the place [W0-13]", (_, value, paths) => {
    expect(pathsOf(value)).toEqual(paths)
  })

  it("lists every problem at once [W0-13]", () => {
    const value = {
      runner: { permits: 0, wait_ms: 0, waiting: -1, permit: 3, require_hello: "yes" },
      restart: { backoff_min_ms: 9, backoff_max_ms: 8, breaker_deaths: 0 },
      window: { bytes: 1 },
      run: { idle_ms: 0 },
      data_folder: ""
    }
    const runner = ["runner.permits", "runner.waiting", "runner.wait_ms", "runner.require_hello", "runner.permit"]
    const rest = ["restart.breaker_deaths", "restart.backoff_max_ms", "window.bytes", "run.idle_ms", "data_folder"]
    expect(pathsOf(value).toSorted()).toEqual([...runner, ...rest].toSorted())
  })

  it("gives sentences without a stack", () => {
    expect(problemsOf({ ...least, runner: { permits: 0, permit: 1 } })).toEqual([
      "runner.permits: Too small: expected number to be >=1",
      "runner.permit: there is no such setting; remove it or correct its name"
    ])
  })

  it("is the same after it was validated twice", () => {
    const once = HostConfig.parse(least)
    expect(HostConfig.parse(once)).toEqual(once)
    expect(RunnerConfig.parse({})).toEqual(once.runner)
  })
})
