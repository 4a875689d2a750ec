import { spawn } from "node:child_process"

// A grandchild for tests of stopping: a shell that becomes a `sleep`. It tells its pid itself, so whoever hears the pid
// knows that its signals are already set. It ends by itself after ten minutes.

export const forkTraits = ["ignore-term", "hold-pipes", "new-session", "double"] as const
export type ForkTrait = (typeof forkTraits)[number]

const lifetimeSeconds = 600

/** Starts the grandchild; the runner neither owns nor awaits it. `held` are the descriptors that `hold-pipes` gives it. */
export function forkGrandchild(traits: ReadonlyArray<ForkTrait>, held: ReadonlyArray<number>): Promise<number> {
  const inherited = (descriptor: number) =>
    traits.includes("hold-pipes") && held.includes(descriptor) ? descriptor : ("ignore" as const)
  const child = spawn("/bin/sh", ["-c", shellScript(traits)], {
    detached: traits.includes("new-session"),
    stdio: ["ignore", inherited(1), inherited(2), "pipe"]
  })
  child.unref()
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    const told = child.stdio[3]
    if (told === null || told === undefined) return reject(new Error("the grandchild has no pipe to tell its pid"))
    let text = ""
    told.on("data", (chunk: Buffer) => void (text += chunk.toString()))
    told.once("close", () =>
      /^\d+\n$/.test(text) ? resolve(Number(text)) : reject(new Error(`the grandchild told no pid but ${text}`))
    )
  })
}

function shellScript(traits: ReadonlyArray<ForkTrait>): string {
  // A signal that a shell ignores stays ignored in what it starts.
  const signals = traits.includes("ignore-term") ? "trap '' TERM; " : ""
  return traits.includes("double")
    ? `${signals}sleep ${lifetimeSeconds} 3>&- & echo $! >&3`
    : `${signals}echo $$ >&3; exec sleep ${lifetimeSeconds} 3>&-`
}
