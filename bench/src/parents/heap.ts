/** Bytes of the heap in use after a collection. Needs `--expose-gc`. */
export function heapInUse(): number {
  const { gc } = globalThis
  if (gc === undefined) throw new Error("start this program with --expose-gc")
  for (let time = 0; time < 3; time++) gc()
  return process.memoryUsage().heapUsed
}
