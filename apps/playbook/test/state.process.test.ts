import { existsSync } from "node:fs"
import { join } from "node:path"
import { needs, temporaryFolder } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { nextId, type PlaybookProcess, sharePlaybook, startPlaybook, steps } from "./playbook-process.ts"

const params = (...codes: ReadonlyArray<string>) => ({ prompt: steps(...codes), continue_on_failure: true })

async function outputOf(playbook: PlaybookProcess, given: unknown): Promise<string> {
  const id = nextId()
  await playbook.run(id, given)
  return playbook.output(id)
}

describe("with bash, a step", () => {
  const bash = needs("bash")
  const shared = sharePlaybook()
  const output = (given: unknown) => outputOf(shared(), given)

  bash.each<[string, string, string, string]>([
    [
      "the working directory",
      "mkdir 'a b' && cd 'a b'",
      'echo ${PWD##*/}; [ $OLDPWD = "${PWD%/*}" ] && echo old',
      "a b\nold\n"
    ],
    ["a variable", "x='a  \"b\"\n$c'", 'echo "$x"', 'a  "b"\n$c\n'],
    ["what is exported and what is not", "export x=1; y=2", "sh -c 'echo [$x$y]'; echo $y", "[1]\n2\n"],
    ["a variable that was taken away", "unset LANG; unset GIVEN", "echo ${GIVEN-gone} ${LANG-gone}", "gone gone\n"],
    ["arrays", "a=(1 'two words'); declare -A m=([k]=v)", 'echo "${a[1]} ${m[k]}"', "two words v\n"],
    [
      "attributes",
      "declare -i n=1; declare -r fixed=2; declare -u up=x",
      "n=n+1; up=abc; echo $n $up; fixed=3",
      "2 ABC\n"
    ],
    ["functions, and exported ones", 'f() { echo "f $1"; }; export -f f', "f 1; bash -c 'f 2'", "f 1\nf 2\n"],
    ["functions that use wide patterns", "shopt -s extglob\nf() { [[ $1 == @(a|b) ]] && echo yes; }", "f a", "yes\n"],
    ["aliases", "shopt -s expand_aliases; alias hi='echo hi'", "hi you", "hi you\n"],
    ["arguments", "set -- a 'b c'", 'echo "$# $2"', "2 b c\n"],
    ["the umask", "umask 0777", "umask; umask 022; echo x > file; cat file", "0777\nx\n"],
    ["an IFS of its own", "IFS=:", 'x=a:b; printf "<%s>" $x', "<a><b>"],
    [
      "nothing strange when names are taken",
      "declare() { echo no; }; printf() { echo no; }; trap() { echo no; }; x=1",
      "echo $x; y=2",
      "1\n"
    ],
    [
      "everything in POSIX mode",
      "set -o posix; x=1; f() { echo f; }; alias hi='echo hi'",
      "f; hi $x; unset -v x",
      "f\nhi 1\n"
    ],
    [
      "a folder with odd characters in its name",
      'd=$\'it\\\'s \\n x\'; mkdir "$d"; cd "$d"',
      '[ "${PWD##*/}" = "$d" ] && echo same',
      "same\n"
    ]
  ])("hands on %s", async (_what, first, second, expected) => {
    const cwd = temporaryFolder()
    const seen = await output({ ...params(first, second), cwd, env: { GIVEN: "1" } })
    expect(seen.replace(/.*fixed: readonly variable\n/, "")).toBe(expected)
  })

  bash("hands on its options, and nothing of the handing on is seen by them", async () => {
    const first = "set -euo pipefail; set -C; set -f; set -x"
    const second = "echo *; for one in e f u x C; do { [[ $- == *$one* ]]; } 2>&-; done"
    const seen = await output(
      params(first, second, "trap 'echo trapped' DEBUG; true", "set +x\nfalse | true; echo never")
    )
    expect(seen).toBe(
      [
        "++ echo '*'\n*\n",
        "++ for one in e f u x C\n".repeat(5),
        "++ trap 'echo trapped' DEBUG\n+++ echo trapped\ntrapped\n++ true\n",
        "++ set +x\n"
      ].join("")
    )
  })

  bash("hands its state on after exit, after set -e and after a failure", async () => {
    expect(await output(params("a=1; exit 3", "set -e; b=2; false; b=3", "set +e; c=4; false", "echo $a $b $c"))).toBe(
      "1 2 4\n"
    )
  })

  bash("hands on its state although it has an EXIT trap of its own, which runs", async () => {
    expect(await output(params("trap 'echo bye $x' EXIT; x=1", "echo $x"))).toBe("bye 1\n1\n")
  })

  bash("runs its EXIT trap when it leaves early, and says that the state is lost", async () => {
    const playbook = startPlaybook()
    await playbook.run("a", params("x=1", "x=2; trap 'echo bye' EXIT; exit 3", "echo $x"))
    expect(playbook.output("a")).toBe("bye\n1\n")
    expect(playbook.diags("a")).toEqual([expect.stringMatching(/line 4 handed on no shell state/)])
  })

  bash("ends with the status of its last command, or of return", async () => {
    const playbook = startPlaybook()
    await playbook.run(
      "a",
      params("false; true", "true; false", "return 5", "(exit 6)", "set -e; (exit 7); true", "if then")
    )
    expect(playbook.items("a").map((item) => item.exit_code)).toEqual(
      [0, 1, 5, 6, 7, 1].map((code, index) => (index === 5 ? expect.toSatisfy((seen: number) => seen > 0) : code))
    )
  })

  bash("is told by the line of the playbook what went wrong", async () => {
    const playbook = startPlaybook()
    await playbook.run("a", { prompt: `Some\nprose\n\n${steps("true", "set -u\n\necho $LINENO\necho $nope")}` })
    expect(playbook.output("a")).toMatch(/^10\n.*playbook\.md: line 11: nope: unbound variable\n$/)
  })

  bash("begins in the run's folder again when its own is gone, and says so", async () => {
    const playbook = startPlaybook()
    const cwd = temporaryFolder()
    const end = await playbook.run("a", { prompt: steps("mkdir d; cd d; rmdir ../d", "pwd"), cwd })
    expect(end.error).toBe("step 2 (line 4) failed with exit code 1")
    expect(playbook.output("a")).toMatch(/cd: .*d: No such file or directory/)
  })

  bash("survives that its run's folder goes away under it", async () => {
    const cwd = join(temporaryFolder(), "gone")
    expect(await output(params(`mkdir ${cwd}; cd ${cwd}`, `rmdir ${cwd}; cd /; x=1`, "echo $x $PWD"))).toBe("1 /\n")
  })

  bash("keeps its state from other runs, and leaves none behind", async () => {
    const playbook = startPlaybook()
    await playbook.run("a", params("x=1; cd /", "true"))
    await playbook.run("b", params('echo "[$x] $PWD"'))
    expect(playbook.output("b")).toBe(`[] ${process.cwd()}\n`)
    expect(existsSync(playbook.temporary)).toBe(true)
  })
})

describe("with a plain shell, a step", () => {
  const shared = sharePlaybook({ env: { SIGNALBOX_PLAYBOOK_SHELL: "/bin/sh" } })
  const plain = (...codes: ReadonlyArray<string>) => outputOf(shared(), params(...codes))

  it("hands on folder, variables, exports, read-only marks, umask and options", async () => {
    const cwd = temporaryFolder()
    const first = `cd ${cwd}; x='a "b" $c'; export y=2; readonly z=3; umask 0777; set -fu; unset GIVEN`
    expect(
      await plain(
        first,
        "pwd; echo \"$x $z\" *; sh -c 'echo [$y]'; umask; case $- in *f*) echo f ;; esac; case $- in *u*) echo u ;; esac; echo ${GIVEN-gone}"
      )
    ).toBe(`${cwd}\na "b" $c 3 *\n[2]\n0777\nf\nu\ngone\n`)
  })

  it("hands its state on after exit, after set -e and after a failure", async () => {
    expect(await plain("a=1; exit 3", "set -e; b=2; false; b=3", "set +e; c=4; false", "echo $a $b $c")).toBe("1 2 4\n")
  })

  it("ends with the status of its last command, and runs its own EXIT trap", async () => {
    const playbook = startPlaybook({ env: { SIGNALBOX_PLAYBOOK_SHELL: "/bin/sh" } })
    await playbook.run("a", params("trap 'echo bye' EXIT; x=1; false", "echo $x; return 5", "exit 6"))
    expect(playbook.output("a")).toBe("bye\n1\n")
    expect(playbook.items("a").map((item) => item.exit_code)).toEqual([1, 5, 6])
  })
})
