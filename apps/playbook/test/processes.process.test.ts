import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isAlive, pidsWithCookie, temporaryFolder, until } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { type PlaybookProcess, sleepsLong, startPlaybook, steps } from "./playbook-process.ts"

/** Ignores SIGTERM; its child left the process group and ignores it too. Both tell their pids to the file `$pids`. */
const stubborn = `
trap '' TERM
setsid sh -c 'trap "" TERM; echo $$ >> $pids; while :; do sleep 0.05; done' > /dev/null 2>&1 &
echo $$ >> $pids
while :; do sleep 0.05; done
`

function pidsIn(file: string): ReadonlyArray<number> {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []
}

/** Starts the stubborn step as run `id` and waits until both of its processes are there. */
async function startStubborn(playbook: PlaybookProcess, id: string, more: object = {}) {
  const pids = join(temporaryFolder(), "pids")
  playbook.start(id, { prompt: steps(stubborn), env: { pids }, ...more })
  await until("both processes are running", () => pidsIn(pids).length === 2)
  return pidsIn(pids)
}

describe("a step", () => {
  it("has a session and a process group of its own, and nothing to read", async () => {
    const playbook = startPlaybook()
    const code = "echo $$ $(cut -d' ' -f5,6 /proc/$$/stat); cat; read x || echo end; readlink /proc/$$/fd/0"
    await playbook.run("a", { prompt: steps(code) })
    const [ids, ...rest] = playbook.output("a").split("\n")
    const [pid, group, session] = ids?.split(" ") ?? []
    expect([group, session]).toEqual([pid, pid])
    expect(rest).toEqual(["end", "/dev/null", ""])
  })

  it("that is killed has failed, with the signal, and the run goes on to say so", async () => {
    const playbook = startPlaybook()
    const end = await playbook.run("a", {
      prompt: steps("x=1", "x=2; kill -9 $$", "echo $x"),
      continue_on_failure: true
    })
    expect(end.error).toBe("step 2 (line 4) was killed by SIGKILL")
    expect(playbook.items("a")[1]).toMatchObject({ status: "failed", exit_code: null, signal: "SIGKILL" })
    expect(playbook.output("a")).toBe("1\n")
    expect(playbook.diags("a")).toEqual([expect.stringMatching(/line 4 handed on no shell state/)])
  })

  it("is ended with its whole group when it takes too long", async () => {
    const playbook = startPlaybook()
    const prompt = `\`\`\`sh timeout=200ms\n(trap '' TERM; echo held; sleep 60) &\nsleep 60\n\`\`\`\n${steps("echo after")}`
    const end = await playbook.run("a", { prompt, continue_on_failure: true })
    expect(end.error).toBe("step 1 (line 1) took longer than 200 ms and was ended")
    expect(playbook.items("a")[0]).toMatchObject({ status: "failed", timed_out: true, aggregated_output: "held\n" })
    expect(playbook.output("a")).toBe("held\nafter\n")
    expect(playbook.diags("a").filter((message) => message.includes("sleep"))).toEqual([])
  })

  it("has the time limit of the run when its fence has none", async () => {
    const playbook = startPlaybook()
    const end = await playbook.run("a", { prompt: steps("sleep 60"), step_timeout_ms: 100 })
    expect(end.error).toBe("step 1 (line 1) took longer than 100 ms and was ended")
  })
})

describe("a cancel", () => {
  it("ends that run's processes, also those that ignore SIGTERM or left the group, and no other run's [W0-05]", async () => {
    const playbook = startPlaybook()
    const go = join(temporaryFolder(), "go")
    const others = ["b", "c"]
    for (const id of others)
      playbook.start(id, { prompt: steps(`until [ -e ${go} ]; do sleep 0.01; done; echo ${id}`) })
    const pids = await startStubborn(playbook, "a")
    playbook.send({ type: "cancel", id: "a" })
    expect(await playbook.ended("a")).toEqual({ type: "end", id: "a", status: "cancelled" })
    expect(pids.filter(isAlive)).toEqual([])
    expect(playbook.items("a")).toEqual([expect.objectContaining({ status: "failed", exit_code: null })])
    writeFileSync(go, "")
    for (const id of others) expect(await playbook.ended(id)).toMatchObject({ status: "ok" })
    expect(others.map(playbook.output)).toEqual(["b\n", "c\n"])
  })

  it("starts no further step", async () => {
    const playbook = startPlaybook()
    const mark = join(temporaryFolder(), "mark")
    playbook.start("a", { prompt: steps("echo up; sleep 60", `touch ${mark}`), continue_on_failure: true })
    await until("the step is up", () => playbook.output("a") === "up\n")
    playbook.send({ type: "cancel", id: "a" })
    expect(await playbook.ended("a")).toMatchObject({ status: "cancelled" })
    expect(existsSync(mark)).toBe(false)
  })

  it("wins also at once, and twice, and after a host that does not read has filled all pipes [W0-05]", async () => {
    const playbook = startPlaybook({ paused: true })
    playbook.start("at-once", { prompt: steps("sleep 60") })
    playbook.send({ type: "cancel", id: "at-once" })
    playbook.send({ type: "cancel", id: "at-once" })
    const flood = () => pidsWithCookie(playbook.cookie).filter((pid) => pid !== playbook.pid)
    playbook.start("flood", { prompt: steps("yes") })
    await until("the flood is running", () => flood().length > 0)
    await until("the flood is dammed", () => sleepsLong(playbook, "yes"))
    playbook.send({ type: "cancel", id: "flood" })
    await until("the flood is over", () => flood().length === 0)
    playbook.child.stdout?.resume()
    expect(await playbook.ended("at-once")).toMatchObject({ status: "cancelled" })
    expect(await playbook.ended("flood")).toMatchObject({ status: "cancelled" })
    expect(playbook.items("flood")).toEqual([expect.objectContaining({ status: "failed" })])
  })
})

describe("what a step leaves running", () => {
  const server = 'mkfifo questions\n(while read line; do echo "answer $line" > answer; done <> questions) &\nserver=$!'
  const client = "echo 42 > questions; until [ -s answer ]; do sleep 0.01; done; cat answer"

  it("does not hold up its step, serves later steps, and is ended with the run and reported", async () => {
    const playbook = startPlaybook()
    const end = await playbook.run("a", {
      prompt: steps(server, client, "kill -0 $server && echo alive"),
      cwd: temporaryFolder()
    })
    expect(end).toMatchObject({ status: "ok" })
    expect(playbook.output("a")).toBe("answer 42\nalive\n")
    expect(playbook.diags("a")).toEqual([expect.stringMatching(/^ended what the steps had left running: \w+ \(\d+\)$/)])
    expect(pidsWithCookie(playbook.cookie).filter((pid) => pid !== playbook.pid)).toEqual([])
  })

  it("may go on writing without harm, and the end of it is reported", async () => {
    const playbook = startPlaybook()
    const noisy =
      "(until [ -e go ]; do sleep 0.01; done; yes no | head -c 300000; echo; echo last words; touch done; sleep 60) &"
    const later = "touch go; until [ -e done ]; do sleep 0.01; done"
    const end = await playbook.run("a", { prompt: steps(noisy, later), cwd: temporaryFolder() })
    expect(end).toMatchObject({ status: "ok" })
    expect(playbook.output("a")).toBe("")
    expect(playbook.diags("a")).toEqual([expect.stringMatching(/wrote 300012 bytes, at last: [^]*last words\n$/)])
  })

  it("cannot keep a step open by writing without end", async () => {
    const playbook = startPlaybook()
    expect(await playbook.run("a", { prompt: steps("yes & sleep 0.1", "echo two") })).toMatchObject({ status: "ok" })
    expect(playbook.items("a").at(-1)?.aggregated_output).toBe("two\n")
  })

  it("is found also when it left the group, the session and the terminal", async () => {
    const playbook = startPlaybook()
    const cwd = temporaryFolder()
    const daemon = "(setsid sh -c 'echo $$ > pid; while :; do sleep 0.05; done' > /dev/null 2>&1 < /dev/null &)\n"
    await playbook.run("a", { prompt: steps(`${daemon}until [ -s pid ]; do sleep 0.01; done`), cwd })
    expect(pidsIn(join(cwd, "pid")).map(isAlive)).toEqual([false])
    expect(playbook.diags("a")).toEqual([expect.stringMatching(/^ended what the steps had left running: /)])
  })
})

describe("the end of the program", () => {
  it("ends all steps and removes all files on SIGTERM", async () => {
    const playbook = startPlaybook()
    await startStubborn(playbook, "a")
    playbook.child.kill("SIGTERM")
    expect(await playbook.exit).toBe(143)
    expect(pidsWithCookie(playbook.cookie)).toEqual([])
  })

  it("does not wait for stubborn steps on a second signal", async () => {
    const playbook = startPlaybook()
    const pids = await startStubborn(playbook, "a")
    const started = performance.now()
    playbook.child.kill("SIGTERM")
    await until("the first signal was heard", () => !isPending(playbook.pid, 15))
    playbook.child.kill("SIGTERM")
    expect(await playbook.exit).toBe(143)
    expect(performance.now() - started).toBeLessThan(1_900)
    expect(pids.filter(isAlive)).toEqual([])
  })

  it("ends all steps when nobody reads its output any more", async () => {
    const playbook = startPlaybook()
    const pids = await startStubborn(playbook, "a")
    playbook.child.stdout?.destroy()
    playbook.start("b", { prompt: "hello" })
    expect(await playbook.exit).toBe(1)
    expect(pids.filter(isAlive)).toEqual([])
  })
})

/** Signals of one kind that wait at a process are merged into one. */
function isPending(pid: number, signal: number): boolean {
  const [, mask = "0"] = /^ShdPnd:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n
}
