// First in, first out, with leaving from anywhere in constant time.

/** Owned by one gate. Unbounded by itself: the gate refuses at its own bound. */
export interface WaitingLine<Ticket> {
  readonly tickets: Set<Ticket>
  /** Tickets that were given back: they go before the others, in their old order. */
  readonly front: Array<Ticket>
}

export const makeWaitingLine = <Ticket>(): WaitingLine<Ticket> => ({ tickets: new Set(), front: [] })

export function join<Ticket>(line: WaitingLine<Ticket>, ticket: Ticket): void {
  line.tickets.add(ticket)
}

export function giveBack<Ticket>(line: WaitingLine<Ticket>, ticket: Ticket): void {
  line.front.push(ticket)
}

/** False when the ticket is not in the line: it was taken. */
export function leave<Ticket>(line: WaitingLine<Ticket>, ticket: Ticket): boolean {
  if (line.tickets.delete(ticket)) return true
  const at = line.front.indexOf(ticket)
  if (at >= 0) line.front.splice(at, 1)
  return at >= 0
}

export function next<Ticket>(line: WaitingLine<Ticket>): Ticket | undefined {
  const first = line.front.shift()
  if (first !== undefined) return first
  for (const ticket of line.tickets) {
    line.tickets.delete(ticket)
    return ticket
  }
  return undefined
}

export function lengthOf<Ticket>(line: WaitingLine<Ticket>): number {
  return line.tickets.size + line.front.length
}

/** Takes everybody out, in order. */
export function takeAll<Ticket>(line: WaitingLine<Ticket>): ReadonlyArray<Ticket> {
  const all = [...line.front.splice(0), ...line.tickets]
  line.tickets.clear()
  return all
}
