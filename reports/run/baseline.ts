/**
 * How a scenario compares with the traditional cold start; undefined where its group's baseline is something else. A
 * bench file without a cold start compares with its first scenario: a speedup over that is none over a cold start. Ids
 * begin with their strategy.
 */
export function versusColdStart<Versus extends { scenario: string }>({
  versus_baseline: versus,
}: {
  versus_baseline?: Versus | undefined
}): Versus | undefined {
  return versus?.scenario.split(/[./]/)[0] === 'cold' ? versus : undefined
}
