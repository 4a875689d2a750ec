/** A program to start, as a value. Never a shell line: nothing in it is interpreted. */
export interface Command {
  /** A path, or a name to look up in PATH. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** Added to the host's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The host's own when left out. */
  readonly cwd?: string
}
