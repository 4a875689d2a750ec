// Each fault of the tiny runner and all the rules that the suite must report for it. The first is the rule that it was
// made for; the others break with it.

export const mutants: ReadonlyArray<readonly [fault: string, ...broken: Array<string>]> = []
