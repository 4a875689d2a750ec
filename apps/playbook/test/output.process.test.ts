import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { rounds, temporaryFolder, until } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { sleepsLong, startPlaybook, steps } from "./playbook-process.ts"

describe("the output of a step", () => {
  it("goes through a real pipe: /dev/stdout and /dev/stderr can be opened and written", async () => {
    const playbook = startPlaybook()
    const code = [
      "echo one > /dev/stdout",
      "echo two > /dev/stderr",
      "echo three >> /dev/fd/1",
      "echo four | tee /dev/stderr > /dev/null",
      "sh -c 'echo five > /proc/self/fd/2'",
      "[ -p /dev/stdout ] && [ -p /dev/stderr ] && echo pipes"
    ]
    const end = await playbook.run("a", { prompt: steps(code.join("\n")) })
    expect([end.status, playbook.output("a")]).toEqual(["ok", "one\ntwo\nthree\nfour\nfive\npipes\n"])
    expect(playbook.diags("a")).toEqual([])
  })

  it("blocks as programs expect, instead of failing with EAGAIN", async () => {
    const playbook = startPlaybook()
    await playbook.run("a", { prompt: steps("grep flags /proc/self/fdinfo/1; grep flags /proc/self/fdinfo/2") })
    const flags = playbook
      .output("a")
      .match(/\d+/g)
      ?.map((octal) => Number.parseInt(octal, 8) & 0o4000)
    expect(flags).toEqual([0, 0])
  })

  it("has stdout and stderr in the order in which they were written", async () => {
    const playbook = startPlaybook()
    const code = "for i in $(seq 300); do echo out$i; echo err$i >&2; done"
    await playbook.run("a", { prompt: steps(code) })
    const expected = Array.from({ length: 300 }, (_, index) => `out${index + 1}\nerr${index + 1}\n`).join("")
    expect(playbook.output("a")).toBe(expected)
    expect(playbook.items("a")[0]?.aggregated_output).toBe(expected)
  })

  it("has characters that were cut in two put together again", async () => {
    const playbook = startPlaybook()
    const code =
      "printf '\\360\\237'; sleep 0.05; printf '\\230'; sleep 0.05; printf '\\200\\303'; sleep 0.05; printf '\\266'"
    await playbook.run("a", { prompt: steps(code) })
    expect(playbook.output("a")).toBe("😀ö")
  })

  it("has bytes that are no UTF-8 replaced, and everything else untouched", async () => {
    const playbook = startPlaybook()
    await playbook.run("a", { prompt: steps("printf '\\357\\273\\277a\\377b\\0c\\r\\n\\342\\200\\250d\\303'") })
    expect(playbook.output("a")).toBe("\uFEFFa\uFFFDb\0c\r\n\u2028d\uFFFD")
    expect(playbook.items("a")[0]).toMatchObject({
      aggregated_output: "\uFEFFa\uFFFDb\0c\r\n\u2028d\uFFFD",
      status: "completed"
    })
  })

  it("is complete when a step writes a lot and exits at once", async () => {
    const playbook = startPlaybook()
    const ids = Array.from({ length: rounds(500, 20) }, (_, index) => `run-${index}`)
    const ends = ids.map((id) => playbook.run(id, { prompt: steps("seq 5000 >&2 & wait; sleep 60 & exit 7") }))
    for (const end of await Promise.all(ends)) expect(end.error).toMatch(/exit code 7/)
    for (const id of ids) expect(playbook.output(id)).toHaveLength(23_893)
  }, 120_000)

  it("of any size streams in full, is bounded in the item, and costs bounded memory while the host does not read", async () => {
    const last = rounds(13_000_000, 2_600_000)
    const playbook = startPlaybook({ paused: true })
    playbook.start("a", { prompt: steps(`exec seq ${last}`) })
    await until("the step waits for the host", () => sleepsLong(playbook, "seq"))
    playbook.child.stdout?.resume()
    await playbook.ended("a")
    const bytes = bytesOfSeq(last)
    const [item] = playbook.items("a")
    expect(playbook.events("a").reduce((sum, event) => sum + String(event["delta"] ?? "").length, 0)).toBe(bytes)
    expect(item).toMatchObject({ truncated: true, output_bytes: bytes, status: "completed" })
    expect(item?.aggregated_output).toMatch(
      new RegExp(`^1\\n2\\n[^]*\\n\\[... \\d+ bytes left out ...\\]\\n[^]*\\n${last}\\n$`)
    )
    expect(item?.aggregated_output?.length).toBeLessThan(1024 * 1024 + 100)
    expect(peakMemory(playbook.pid)).toBeLessThan(250_000_000)
  }, 60_000)
})

describe("the program", () => {
  it("has no descriptor left open after many steps, whatever became of them", async () => {
    const playbook = startPlaybook()
    const descriptors = () => readdirSync(`/proc/${playbook.pid}/fd`).length
    await playbook.run("warm-up", { prompt: steps("true") })
    const before = descriptors()
    const kinds = ["true", "exit 3", "kill -9 $$", "sleep 60 &", "exec >&- 2>&-", "echo x > /dev/stdout"]
    const prompt = steps(...kinds)
    for (let round = 0; round < rounds(1000, 60) / kinds.length; round += 4) {
      const ids = Array.from({ length: 4 }, (_, index) => `${round + index}`)
      await Promise.all(ids.map((id) => playbook.run(id, { prompt, continue_on_failure: true })))
    }
    await until("as many descriptors as before", () => descriptors() <= before)
  }, 300_000)

  it("makes new pipes when somebody tidied up its temporary folder", async () => {
    const playbook = startPlaybook()
    await playbook.run("a", { prompt: steps("echo one") })
    rmSync(join(playbook.temporary, readdirSync(playbook.temporary)[0] ?? "none"), { recursive: true })
    await playbook.run("b", { prompt: steps("echo two > /dev/stdout") })
    expect([playbook.output("b"), playbook.diags("b")]).toEqual(["two\n", []])
  })

  it("falls back to sockets and a plain shell where mkfifo and bash are missing, and says so once", async () => {
    const path = join(temporaryFolder(), "bin")
    mkdirSync(path)
    symlinkSync("/bin/cat", join(path, "cat"))
    const playbook = startPlaybook({ env: { PATH: path } })
    const prompt = steps("x=1; echo one; echo two >&2", "echo $x; cat", "sleep=1; exit 3")
    expect(await playbook.run("a", { prompt })).toMatchObject({ error: "step 3 (line 7) failed with exit code 3" })
    expect(playbook.output("a")).toBe("one\ntwo\n1\n")
    expect(playbook.diags("a")).toEqual([expect.stringMatching(/install mkfifo/)])
  })

  it("says in a sentence that a shell cannot be started", async () => {
    const playbook = startPlaybook()
    const cwd = join(temporaryFolder(), "closed")
    mkdirSync(cwd)
    const prompt = steps(`cd /; rmdir ${cwd}; exec true`, "true")
    const end = await playbook.run("a", { prompt, cwd })
    expect(end.error).toMatch(/^step 2 \(line 4\) could not be started: the folder .*closed is gone$/)
  })
})

function bytesOfSeq(last: number): number {
  let bytes = 0
  for (let from = 1, digits = 1; from <= last; from *= 10, digits++) {
    bytes += (Math.min(last, from * 10 - 1) - from + 1) * (digits + 1)
  }
  return bytes
}

function peakMemory(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kilobytes) * 1024
}
