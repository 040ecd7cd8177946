/**
 * Answers kept in this process for as long as what they are made from stays: a page that many look at is worked out once, and asked
 * for by many at once it is worked out for all of them. At most so many, the one that was not asked for longest goes first.
 */
export const keeping = <T>(most: number): ((from: readonly unknown[], key: string, make: () => Promise<T>) => Promise<T>) => {
  let madeFrom: readonly unknown[] = []
  const kept = new Map<string, Promise<T>>()
  return (from, key, make) => {
    if (from.some((one, index) => one !== madeFrom[index])) kept.clear()
    madeFrom = from
    const answer = kept.get(key) ?? make()
    kept.delete(key)
    kept.set(key, answer)
    answer.catch(() => kept.get(key) === answer && kept.delete(key))
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break
      kept.delete(oldest)
    }
    return answer
  }
}
