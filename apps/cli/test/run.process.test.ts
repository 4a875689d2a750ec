import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { needs, temporaryFolder } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { recordsOf, runCli, scripted, tracesIn } from "./cli-process.ts"

const steps = "# Two steps\n\n```sh\necho one\n```\n\n```sh\necho two >&2\n```\n"

describe("the three forms", () => {
  it("carries out the shell blocks of a prompt with the standard agent", async () => {
    const { code, stdout, data } = await runCli(["run", steps])
    const [trace] = tracesIn(data)
    expect(code).toBe(0)
    for (const line of ["# Two steps", "$ echo one", "    one", "$ echo two >&2", "    two"]) {
      expect(stdout.split("\n")).toContain(line)
    }
    expect(stdout).toMatch(/^playbook run_\w+ in .*\n/)
    expect(stdout).toMatch(/\ncompleted after [\d.]+ m?s, 2 steps\ntrace: ~\/data\/runs\/run_\w+\.ndjson\n$/)
    expect(recordsOf(trace ?? "").at(-1)?.status).toBe("completed")
  })

  it("runs a program that speaks the protocol, with its params and the folder", async () => {
    const prompt = "echo-params\nsay done"
    const args = [
      "run",
      "--json",
      "--runner",
      scripted(),
      "--params",
      '{"x":[1]}',
      "--model",
      "m",
      "--cwd",
      "/",
      prompt
    ]
    const { code, stdout } = await runCli(args)
    expect(code).toBe(0)
    const said = recordsOf(stdout).map(({ record }) => (record.type === "event" ? record.event : undefined))
    expect(said).toContainEqual({ type: "scripted.params", params: { prompt, cwd: "/", model: "m", x: [1] } })
  })

  it("speaks the older protocol with --profile s0", async () => {
    const args = ["run", "--quiet", "--runner", scripted("--s0"), "--profile", "s0", "Hello"]
    expect(await runCli(args)).toMatchObject({ code: 0, stdout: "Hello\n", stderr: "" })
  })

  it("runs any program once, and gives it the prompt on its stdin", async () => {
    const { code, stdout } = await runCli(["run", "three words here", "--", "sh", "-c", "wc -w; echo told >&2"])
    expect(code).toBe(0)
    expect(stdout).toMatch(/\n {4}3\n/)
    expect(stdout).toMatch(/\n {4}told\n/)
  })

  it("leaves the arguments of the program alone", async () => {
    const args = ["run", "--quiet", "--", "printf", "%s|", "--json", "a b", "$HOME", "--", ""]
    expect((await runCli(args)).stdout).toBe("--json|a b|$HOME|--||\n")
  })
})

describe("the prompt", () => {
  it("comes from stdin when it is a dash", async () => {
    const options = { input: "say from a pipe" }
    expect((await runCli(["run", "--quiet", "--runner", scripted(), "-"], options)).stdout).toBe("from a pipe\n")
  })

  it("comes from a file with --prompt-file", async () => {
    const file = join(temporaryFolder(), "-prompt.md")
    writeFileSync(file, "say from a file")
    const args = ["run", "--quiet", "--runner", scripted(), "--prompt-file", file]
    expect((await runCli(args)).stdout).toBe("from a file\n")
  })

  it.each([
    ["is missing", [], "", /there is no prompt: write it in quotes/],
    ["is empty", [" "], "", /the prompt is empty/],
    ["is empty on stdin", ["-"], "", /the prompt on stdin is empty/],
    ["is no text", ["-"], new Uint8Array([0xff, 0xfe, 0x41]), /the prompt on stdin is no UTF-8 text/],
    ["is one byte too large", ["-"], "x".repeat(8 * 1024 * 1024 + 1), /the prompt on stdin is larger than 8 MiB/],
    ["stands in a file that is missing", ["--prompt-file", "/no/such"], "", /the prompt file cannot be read: ENOENT/]
  ])("is refused with exit code 2 and without a trace when it %s", async (_what, args, input, words) => {
    const { code, stderr, stdout, data } = await runCli(["run", ...args], { input })
    expect([code, stdout, tracesIn(data)]).toEqual([2, "", []])
    expect(stderr).toMatch(words)
    expect(stderr.trim()).not.toContain("\n")
  })

  it("may be exactly 8 MiB", async () => {
    const input = `say ${"x".repeat(8 * 1024 * 1024 - 4)}`
    const { code, stdout } = await runCli(["run", "--quiet", "--runner", scripted(), "-"], { input })
    expect([code, stdout.length]).toEqual([0, 8 * 1024 * 1024 - 4 + 1])
  })
})

describe("the exit code", () => {
  const runner = (...options: ReadonlyArray<string>) => ["--runner", scripted(...options)]
  it.each([
    [0, "completed", [...runner(), "end ok"], "completed after"],
    [0, "a program that succeeds", ["--", "true"], "completed after"],
    [1, "failed", [...runner(), "end error it broke"], "! it broke"],
    [1, "a program that fails", ["--", "sh", "-c", "exit 7"], "FAILED exit code 7"],
    [1, "a program that is missing", ["--", "/no/such/program"], "there is no such program"],
    [1, "a program that may not be executed", ["--", "/etc/passwd"], "could not be started"],
    [1, "a runner that is missing", ["--runner", "no-such-runner", "x"], "there is no such program"],
    [3, "cancelled by the agent", [...runner(), "end cancelled"], "cancelled after"],
    [4, "timed out", ["--time-limit", "200ms", ...runner(), "wait 60000"], "timed out after"],
    [4, "silent for too long", ["--idle-limit", "200ms", ...runner(), "say x\nwait 60000"], "was silent for 200 ms"],
    [
      4,
      "silent from the beginning",
      ["--first-output-limit", "200ms", ...runner(), "wait 60000"],
      "said nothing within 200 ms"
    ],
    [5, "lost with its runner", [...runner(), "crash"], "scripted runner: crashed as asked"],
    [5, "lost with a reason", [...runner(), "fatal out of memory"], "out of memory"]
  ])("is %d: %s", async (exit, _what, args, words) => {
    const { code, stdout } = await runCli(["run", ...args])
    expect(stdout).toContain(words)
    expect(code).toBe(exit)
  })

  it.each([
    ["an unknown agent", ["--agent", "nobody", "x"], /there is no agent "nobody"\. Use one of: playbook, codex/],
    [
      "quotes that are not closed",
      ["--runner", "node 'x", "x"],
      /--runner: the quote ' at character 6 .* is never closed/
    ],
    [
      "a folder that is missing",
      ["--cwd", "/no/such", "x"],
      /the folder "\/no\/such" does not exist\. Correct --cwd\./
    ],
    ["params that are no object", ["--params", "[1]", "x"], /--params is no JSON object/],
    ["params that are no JSON", ["--params", "{", "x"], /--params is no JSON/],
    ["two ways to name the agent", ["--agent", "codex", "--runner", "x", "y"], /exclude each other/],
    ["two ways to show the run", ["--json", "--quiet", "x"], /exclude each other/],
    ["a profile without a runner", ["--profile", "s0", "x"], /--profile is for --runner/],
    ["a time without a unit", ["--time-limit", "10", "x"], /write it with a unit/]
  ])("is 2 for a mistake, which is told in one line without a stack trace: %s", async (_what, args, words) => {
    const { code, stdout, stderr, data } = await runCli(["run", ...args])
    expect([code, stdout, tracesIn(data)]).toEqual([2, "", []])
    expect(stderr).toMatch(words)
    expect(stderr.trim().split("\n")).toHaveLength(1)
  })

  it("is 1 for an agent that is not installed, with the way to install it", async () => {
    const { code, stderr } = await runCli(["run", "--agent", "codex", "x"], { env: { PATH: "/nowhere" } })
    expect(stderr).toContain("npm install -g @openai/codex")
    expect(code).toBe(1)
  })

  it("is 1 for a data folder that cannot be made, with what to do", async () => {
    const file = join(temporaryFolder(), "file")
    writeFileSync(file, "")
    const { code, stdout, stderr } = await runCli(["run", "--data", join(file, "data"), "--", "true"])
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(/The journal .*file\/data failed: .*free disk space or correct the folder's permissions/)
    expect(stderr).not.toContain("    at ")
  })
})

describe("records for programs", () => {
  it("are contiguous, begin with started, end with the one ended, and equal the kept trace", async () => {
    const { code, stdout, stderr, data } = await runCli(["run", "--json", "--runner", scripted(), "say a\nsay b"])
    const records = recordsOf(stdout)
    expect([code, stderr]).toEqual([0, ""])
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1))
    expect(records[0]?.record.type).toBe("started")
    expect(records.filter(({ record }) => record.type === "ended")).toEqual([records.at(-1)])
    expect(tracesIn(data)).toEqual([stdout])
  })

  it("stay alone on stdout when the run fails; the reason is on stderr", async () => {
    const { code, stdout, stderr } = await runCli(["run", "--json", "--runner", scripted(), "end error no"])
    expect(code).toBe(1)
    expect(recordsOf(stdout).at(-1)?.status).toBe("failed")
    expect(stderr).toMatch(
      /^signalbox: the run has failed: no\nsignalbox: its trace is ~\/data\/runs\/run_\w+\.ndjson\n$/
    )
  })

  it("of several runs at the same time share one data folder", async () => {
    const data = temporaryFolder()
    const args = ["run", "--quiet", "--data", data, "--runner", scripted(), "say me"]
    const results = await Promise.all([runCli(args), runCli(args), runCli(args)])
    expect(results.map(({ stdout }) => stdout)).toEqual(["me\n", "me\n", "me\n"])
    expect(tracesIn(data)).toHaveLength(3)
  })
})

describe("a question of the agent without a terminal", () => {
  const ask = ["run", "--json", "--runner", scripted()]
  const answerIn = (stdout: string) =>
    recordsOf(stdout).flatMap(({ record }) =>
      record.type === "event" && record.event.type === "scripted.answer" ? [record.event["value"]] : []
    )

  it.each([
    ["is denied, and the note says how to grant it", [], "deny", /May I delete it: denied, .*--permit allow grants it/],
    ["is granted with --permit allow", ["--permit", "allow"], "allow", /allow by --permit/],
    ["is denied with --permit deny", ["--permit", "deny"], "deny", /deny by --permit/]
  ])("%s", async (_what, flags, value, note) => {
    const { code, stdout, stderr } = await runCli([...ask, ...flags, "ask permission May I delete it"])
    expect([code, answerIn(stdout)]).toEqual([0, [value]])
    expect(stderr).toMatch(note)
  })

  it("gets no answer when it wants more than yes or no", async () => {
    const { stdout, stderr } = await runCli([...ask, "ask question Which one?"])
    expect(answerIn(stdout)).toEqual([null])
    expect(stderr).toContain("the agent asks: Which one?; there is no terminal, so it gets no answer")
  })
})

describe("a terminal", () => {
  const quoted = (words: ReadonlyArray<string>) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
  const onTerminal = (args: ReadonlyArray<string>, env: Record<string, string> = {}, input = "") => {
    const command = quoted([process.execPath, new URL("../src/main.ts", import.meta.url).pathname, ...args])
    return runCli(["-qec", command, "/dev/null"], {
      program: ["script"],
      input,
      env: { TERM: "xterm", LANG: "C.UTF-8", ...env }
    })
  }

  needs("script")("sees colours, a line that is drawn over, and nothing that a program wants to do to it", async () => {
    const script = "printf '\\033]0;evil\\007\\033[2J\\033[31mhello\\n'; sleep 0.5"
    const { code, stdout } = await onTerminal(["run", "--", "sh", "-c", script])
    expect(code).toBe(0)
    expect(stdout).toContain("\u001b[2m    hello\u001b[22m")
    expect(stdout).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] 0 s \$ sh -c/)
    for (const order of ["\u001b]", "\u001b[2J", "\u001b[31mhello", "evil\u0007hello"])
      expect(stdout).not.toContain(order)
  })

  needs("script")("sees no colours with NO_COLOR", async () => {
    const { stdout } = await onTerminal(["run", "--", "echo", "hello"], { NO_COLOR: "1" })
    expect(stdout).toContain("    hello\r\n")
    expect(stdout.replaceAll("\u001b[2K", "")).not.toContain("\u001b[")
  })

  needs("script")("is asked for a permission, and a y is a yes", async () => {
    const args = ["run", "--runner", scripted(), "ask permission May I\nask permission And this"]
    const { code, stdout, data } = await onTerminal(args, {}, "y\nno\n")
    const values = recordsOf(tracesIn(data)[0] ?? "").flatMap(({ record }) =>
      record.type === "event" && record.event.type === "scripted.answer" ? [record.event["value"]] : []
    )
    expect(stdout).toContain("the agent asks for permission: May I [y = allow, n = deny]")
    expect([code, values]).toEqual([0, ["allow", "deny"]])
  })
})
