/**
 * The work done for one after the other; what fails does not keep the rest waiting. Answers the sum of what each came to, and throws
 * the first failure once all had their turn.
 */
export const oneByOne = async <One>(all: Iterable<One>, work: (one: One) => Promise<number>): Promise<number> => {
  let sum = 0
  const failures: unknown[] = []
  for (const one of all)
    try {
      sum += await work(one)
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
  return sum
}
