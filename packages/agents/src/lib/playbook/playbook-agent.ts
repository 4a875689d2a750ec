import { type Agent, launchable, unavailable } from "../agent.ts"
import { stdioDialect } from "../stdio/stdio-dialect.ts"

// The agent without a model: it executes the fenced shell blocks of a Markdown prompt. It comes with Signalbox.

export const playbookAgent: Agent = {
  name: "playbook",
  title: "Playbook (runs the shell blocks of a Markdown prompt)",
  lifetime: "shared",
  deathOutcome: "lost",
  launch: ({ nodePath, playbookEntry }) =>
    playbookEntry === undefined
      ? unavailable("the playbook's program is missing", "Install Signalbox again: the playbook is a part of it.")
      : launchable({ file: nodePath, args: [playbookEntry] }),
  dialect: () => stdioDialect()
}
