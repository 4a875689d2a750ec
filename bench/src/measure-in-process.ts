import { fork } from "node:child_process"

// Every measurement happens in a fresh process, so that neither the compiled code nor the heap of one helps another.

export interface MeasureOptions {
  readonly profile: string | undefined
  readonly timeoutMs: number
  readonly execArgv?: ReadonlyArray<string>
}

/** Forks a program with an order as its one argument and returns the value that it sends back. */
export function measureInProcess<Result>(program: URL, order: unknown, options: MeasureOptions): Promise<Result> {
  const { profile, timeoutMs, execArgv = [] } = options
  const profiling = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`]
  return new Promise((resolve, reject) => {
    const child = fork(program, [JSON.stringify(order)], { execArgv: [...profiling, ...execArgv] })
    let result: { readonly value: Result } | undefined
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs)
    child.once("message", (value) => {
      result = { value: value as Result }
    })
    child.once("exit", (code, signal) => {
      clearTimeout(timer)
      if (result !== undefined && code === 0) return resolve(result.value)
      const how = signal === null ? `exited with code ${code}` : `was killed by ${signal} (limit ${timeoutMs} ms)`
      reject(new Error(`the measurement ${JSON.stringify(order)} ${how}`))
    })
  })
}

/** The order that this process was given by `measureInProcess`. */
export function orderOf<Order>(): Order {
  return JSON.parse(process.argv[2] ?? "null") as Order
}

/** Hands the result back and lets the process end. */
export function report(result: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) {
      console.log(JSON.stringify(result))
      return resolve()
    }
    process.send(result, (error: Error | null) => {
      if (error !== null) return reject(error)
      process.disconnect()
      resolve()
    })
  })
}
