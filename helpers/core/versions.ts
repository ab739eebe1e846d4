/** Compares by numbers: 4.10 is newer than 4.9; what follows the numbers does not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(version => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number)) as [
    number[],
    number[],
  ]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
