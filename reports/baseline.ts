import type { Scenario } from './schema.ts'

/**
 * Whether the baseline of a scenario's group is the traditional cold start. A bench file without one compares with its first
 * scenario: a speedup over that is none over a cold start. Ids begin with their strategy.
 */
export const againstColdStart = ({ versus_baseline: versus }: Pick<Scenario, 'versus_baseline'>): boolean => versus?.scenario.split('.')[0] === 'cold'
