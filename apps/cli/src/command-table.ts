// Every command and every option, once: the parser, the help and the suggestions are made from this table.

export interface OptionFacts {
  readonly name: string
  readonly short?: string
  /** What stands for its value in the help; an option without one is a switch. */
  readonly value?: string
  readonly about: string
  /** Known, but not there yet: why, in a sentence. Not shown in the help. */
  readonly notYet?: string
}

export interface CommandFacts {
  readonly name: "run" | "agents" | "conformance" | "doctor"
  readonly about: string
  readonly usage: ReadonlyArray<string>
  readonly options: ReadonlyArray<OptionFacts>
  readonly examples: ReadonlyArray<readonly [command: string, about: string]>
  readonly notes?: ReadonlyArray<string>
  /** The most words that may stand without a dash, and what to say about one more. */
  readonly words: { readonly most: number; readonly more: string }
  /** Whether `-- COMMAND ARGS` may follow. */
  readonly takesCommand: boolean
}

const help: OptionFacts = { name: "help", short: "h", about: "this text" }
const json = (about: string): OptionFacts => ({ name: "json", about })
const noWords = { most: 0, more: "the command takes no words" }

const hostOptions: ReadonlyArray<OptionFacts> = [
  { name: "time-limit", value: "TIME", about: "end the run as timed out after so long, for example 10m" },
  { name: "idle-limit", value: "TIME", about: "the same when the agent is silent for so long" },
  { name: "first-output-limit", value: "TIME", about: "the same when the agent says nothing at all for so long" },
  { name: "wait-limit", value: "TIME", about: "how long the run may wait for a permit" },
  { name: "permits", value: "N", about: "runs that one runner carries at once" },
  { name: "runners", value: "N", about: "runners per agent" },
  { name: "require-hello", about: "refuse a runner that does not say hello within 10 s" },
  { name: "data", value: "DIR", about: "the data folder (standard: ~/.local/state/signalbox)" },
  { name: "config", value: "FILE", about: "the configuration file" }
]

const serverSoon = "there is no server yet: `signalbox run` hosts the run in its own process"

const run: CommandFacts = {
  name: "run",
  about: "run an agent, or any program, once; show it live and keep its trace",
  usage: [
    "signalbox run [options] PROMPT|-",
    'signalbox run --runner "COMMAND ARGS" [options] PROMPT|-',
    "signalbox run [options] [PROMPT|-] -- COMMAND ARGS..."
  ],
  options: [
    { name: "agent", value: "NAME", about: "the agent (standard: playbook); `signalbox agents` lists them" },
    { name: "runner", value: '"COMMAND ARGS"', about: "a program that speaks signalbox.stdio/1" },
    { name: "profile", value: "s0", about: "with --runner: the program speaks the older protocol" },
    { name: "prompt-file", value: "FILE", about: "read the prompt from a file" },
    { name: "cwd", value: "DIR", about: "the folder in which the agent works (standard: this one)" },
    { name: "model", value: "NAME", about: "the agent's model" },
    { name: "effort", value: "WORD", about: "the agent's reasoning effort" },
    { name: "params", value: "JSON", about: "an object that is merged into the run's params" },
    { name: "resume", value: "ID", about: "go on with a thread of the agent" },
    {
      name: "permit",
      value: "allow|deny",
      about: "answer the agent's permission questions (standard: ask, else deny)"
    },
    json("trace records, one a line, and nothing else on stdout"),
    { name: "quiet", short: "q", about: "only the agent's last message; for a command, its output" },
    ...hostOptions,
    help,
    {
      name: "session",
      value: "ID",
      about: "",
      notYet: "sessions are not there yet: use --resume with the agent's thread"
    },
    { name: "detach", about: "", notYet: `a run cannot be left alone: ${serverSoon}` },
    { name: "server", value: "URL", about: "", notYet: serverSoon }
  ],
  examples: [
    ["signalbox run --prompt-file steps.md", "carry out the shell blocks of a Markdown file"],
    ['signalbox run --agent codex "Explain this repository"', "ask Codex"],
    ['signalbox run --runner "python3 runner.py" "Hello"', "a runner of your own"],
    ["signalbox run --time-limit 5m -- make test", "any program, with a trace"],
    ["git diff | signalbox run --agent codex --quiet -", "the prompt from a pipe"],
    ["signalbox run --json -- make test | tail -n 1", "records for programs"]
  ],
  notes: [
    "Exit codes: 0 completed, 1 failed, 2 usage, 3 cancelled, 4 timed out, 5 runner lost, 6 refused for load,",
    "130 interrupted (143 by SIGTERM, 129 by SIGHUP), 141 when the reader of the output has gone.",
    "Ctrl-C cancels the run; once more kills its processes; a third time leaves at once."
  ],
  words: { most: 1, more: "a prompt is one word to the shell: put it in quotes" },
  takesCommand: true
}

const agents: CommandFacts = {
  name: "agents",
  about: "list the agents and what is installed of them",
  usage: ["signalbox agents [--json]"],
  options: [json("one JSON array on stdout"), { name: "config", value: "FILE", about: "the configuration file" }, help],
  examples: [["signalbox agents", "a table"]],
  words: noWords,
  takesCommand: false
}

const conformance: CommandFacts = {
  name: "conformance",
  about: "check whether a runner keeps the rules of signalbox.stdio/1",
  usage: ['signalbox conformance --runner "COMMAND ARGS" [options]'],
  options: [
    { name: "runner", value: '"COMMAND ARGS"', about: "the runner; it is started anew for every scenario" },
    { name: "prompt", value: "TEXT", about: "what a short run is asked" },
    { name: "long-prompt", value: "TEXT", about: "what a run is asked that lasts a second or more" },
    { name: "params", value: "JSON", about: "an object that is merged into the params of every run" },
    { name: "rule", value: "ID", about: "only this rule, for example STDIO-19; several with commas" },
    json("the report as one JSON object on stdout"),
    help
  ],
  examples: [['signalbox conformance --runner "python3 runner.py"', "the whole suite, about half a minute"]],
  notes: ["Exit codes: 0 every rule is kept, 1 a rule is broken, 2 usage."],
  words: noWords,
  takesCommand: false
}

const doctor: CommandFacts = {
  name: "doctor",
  about: "check that this machine has what Signalbox needs",
  usage: ["signalbox doctor [--json]"],
  options: [
    json("one JSON object on stdout"),
    { name: "data", value: "DIR", about: "the data folder (standard: ~/.local/state/signalbox)" },
    { name: "config", value: "FILE", about: "the configuration file" },
    help
  ],
  examples: [["signalbox doctor", "each line says ok, warn or fail, and what to do"]],
  words: noWords,
  takesCommand: false
}

export const commands: ReadonlyArray<CommandFacts> = [run, agents, conformance, doctor]
