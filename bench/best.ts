/** How the best way's server is started. */
export const server = {
  weights: 'tmpfs',
  graphs: 'tmpfs',
  init: true,
  threads: 'one',
  queues: 'one',
  stacks: 'given-back',
} as const

/** The best way through CRIU: the ladder's last step. bench/ladder.bench.ts shows what each setting is worth. */
export const best = {
  ...server,
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  thp: 'always',
  pages: 'mapped',
  served: true,
} as const
