// Why a command cannot go on, in words for the person who typed it. It is thrown, caught in one place and printed without
// a stack trace.

const tag = "CliFault"

export class CliFault extends Error {
  readonly _tag = tag
  readonly exit: number
  readonly remedy: string

  constructor(fault: { readonly message: string; readonly remedy?: string; readonly exit: number }) {
    super(fault.message)
    this.exit = fault.exit
    this.remedy = fault.remedy ?? ""
  }
}

/** A mistake in the command line: exit code 2. */
export function usageFault(message: string, remedy = ""): CliFault {
  return new CliFault({ message, remedy, exit: 2 })
}

export function isCliFault(error: unknown): error is CliFault {
  return typeof error === "object" && error !== null && "_tag" in error && error._tag === tag
}

/** One line: what is wrong, then what to do. */
export function faultText({ message, remedy }: Pick<CliFault, "message" | "remedy">): string {
  // A list of several problems ends as it is.
  const sentence = /[.!?]$/.test(message) || message.includes("\n") ? message : `${message}.`
  return remedy === "" || message.includes(remedy) ? sentence : `${sentence} ${remedy}`
}
