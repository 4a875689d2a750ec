/**
 * The whole contract of a machine: a rule without input or output of its own. Time, ids and chance come in with the
 * inputs; timers, writes and deliveries go out as data. The interpreter owns the state; replay is initial plus inputs.
 * A machine may mutate the state that it owns.
 */
export interface Machine<Config, State, Input, Output> {
  readonly initial: (config: Config) => State
  /** Takes one input and pushes the orders that follow from it, in the order in which they must be carried out. */
  readonly step: (state: State, input: Input, out: Array<Output>) => void
  /** When to send `{ type: "tick", now }` next, in milliseconds of the clock that the inputs use. Ask after each step. */
  readonly deadline?: (state: State) => number | undefined
}
