import { isAlive, until } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { type Cli, nothingLeft, recordsOf, scripted, startCli, tracesIn, untilWritten } from "./cli-process.ts"

// How the program is left: by signals, by a reader that goes, by its own death. Nothing may be left running.

/** The pids that the scripted runner's `fork` has told of. */
function forkedIn(cli: Cli): ReadonlyArray<number> {
  return [...cli.stdout().matchAll(/"scripted\.fork","pid":(\d+)/g)].map(([, pid]) => Number(pid))
}

/** Waits until nothing is left, and looks at the forks by their pids as well. */
async function allGone(cli: Cli, forks: number): Promise<void> {
  await nothingLeft(cli, 5_000)
  expect(forkedIn(cli)).toHaveLength(forks)
  expect(forkedIn(cli).filter(isAlive)).toEqual([])
}

const outcomeOf = (cli: Cli) => recordsOf(tracesIn(cli.data)[0] ?? "").at(-1)?.status

describe("a signal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129]
  ] as const)("%s cancels the run, says so, and leaves with %d and nothing running [W0-05]", async (signal, exit) => {
    const cli = startCli(["run", "--runner", scripted(), "say ready\nwait-for cancel\nsay goodbye\nend cancelled"])
    await untilWritten(cli, "ready")
    cli.child.kill(signal)
    expect(await cli.exited).toBe(exit)
    expect(cli.stderr()).toContain(`${signal}: the run is being cancelled; once more kills it`)
    expect(cli.stdout()).toContain("goodbye")
    expect(outcomeOf(cli)).toBe("cancelled")
    await nothingLeft(cli)
  })

  it("that comes twice kills a runner which does not listen, and the trace is ended", async () => {
    const script = "say ready\nignore-cancel\nignore-term\nfork ignore-term new-session\nhang"
    const cli = startCli(["run", "--json", "--runner", scripted("--ignore-eof"), script])
    await untilWritten(cli, "scripted.fork")
    const started = performance.now()
    cli.child.kill("SIGINT")
    await until("the first is heard", () => cli.stderr().includes("being cancelled"))
    cli.child.kill("SIGINT")
    expect(await cli.exited).toBe(130)
    expect(cli.stderr()).toContain("SIGINT again: killing what runs")
    // Far from the ten seconds that a cancel may take, and from the graces after it.
    expect(performance.now() - started).toBeLessThan(6_000)
    // Its process was killed under it before it could say how it ended.
    expect(["cancelled", "lost"]).toContain(outcomeOf(cli))
    await allGone(cli, 1)
  })

  it("that comes three times ends the program at once, and the watchdog ends the rest [W0-15]", async () => {
    const script = "say ready\nignore-cancel\nignore-term\nfork ignore-term new-session\nhang"
    const cli = startCli(["run", "--json", "--runner", scripted("--ignore-eof"), script])
    await untilWritten(cli, "scripted.fork")
    for (const words of ["being cancelled", "again", ""]) {
      cli.child.kill("SIGINT")
      if (words !== "") await until(words, () => cli.stderr().includes(words))
    }
    expect(await cli.exited).toBe(130)
    await allGone(cli, 1)
  })

  it("cancels a program that is run once, with what it started", async () => {
    const cli = startCli(["run", "--", "sh", "-c", "trap '' TERM; sleep 600 & echo ready; wait; sleep 600"])
    await untilWritten(cli, "ready")
    cli.child.kill("SIGTERM")
    await until("it is heard", () => cli.stderr().includes("being cancelled"))
    cli.child.kill("SIGTERM")
    expect(await cli.exited).toBe(143)
    expect(outcomeOf(cli)).toBe("cancelled")
    await nothingLeft(cli)
  })
})

describe("the death of the program", () => {
  it("by SIGKILL leaves nothing after five seconds, whatever the agent has started [W0-15 S0-07]", async () => {
    const forks = ["ignore-term", "ignore-term new-session hold-pipes", "ignore-term new-session double"]
    const script = ["ignore-term", ...forks.map((traits) => `fork ${traits}`), "say ready", "hang"].join("\n")
    const cli = startCli(["run", "--json", "--runner", scripted("--ignore-eof"), script])
    await untilWritten(cli, "ready")
    expect(cli.left().length).toBeGreaterThanOrEqual(2 + forks.length)
    cli.child.kill("SIGKILL")
    await allGone(cli, forks.length)
  })

  it("by SIGKILL leaves nothing of a program that is run once [W0-15 S0-07]", async () => {
    const cli = startCli(["run", "--", "sh", "-c", "trap '' TERM; sleep 600 & echo ready; sleep 600"])
    await untilWritten(cli, "    ready")
    expect(cli.left().length).toBeGreaterThanOrEqual(4)
    cli.child.kill("SIGKILL")
    await allGone(cli, 0)
  })
})

describe("the end of a run", () => {
  it("leaves nothing of what the agent had started [W0-15]", async () => {
    const cli = startCli(["run", "--json", "--runner", scripted(), "fork ignore-term new-session double\nend ok"])
    expect(await cli.exited).toBe(0)
    expect(forkedIn(cli).map(isAlive)).toEqual([false])
    expect(cli.left()).toEqual([])
  })
})

describe("a reader", () => {
  it.each([
    ["of records", ["--json"]],
    ["of lines", []]
  ])("%s that goes away ends the run, quietly and with exit code 141", async (_what, flags) => {
    const cli = startCli(["run", ...flags, "--", "sh", "-c", "while :; do echo line; sleep 0.01; done"])
    cli.child.stdout?.once("data", () => cli.child.stdout?.destroy())
    expect(await cli.exited).toBe(141)
    expect(cli.stderr()).toBe("")
    expect(outcomeOf(cli)).toBe("cancelled")
    await nothingLeft(cli)
  })

  it("that does not read holds up neither the run nor, after a signal, the program", async () => {
    const cli = startCli(["run", "--json", "--", "sh", "-c", "yes | head -n 20000; echo over"])
    cli.child.stdout?.removeAllListeners("data").pause()
    await until("the run is over", () => outcomeOf(cli) === "completed", 20_000)
    expect(cli.child.exitCode).toBe(null)
    cli.child.kill("SIGTERM")
    await until("the program is gone", () => !isAlive(cli.child.pid ?? 0))
    cli.child.stdout?.resume()
    expect(await cli.exited).toBe(143)
    await nothingLeft(cli)
  })
})
