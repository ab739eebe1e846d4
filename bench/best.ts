/** The best way through CRIU: the ladder's last step. bench/ladder.bench.ts shows what each setting is worth. */
export const best = {
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  thp: 'always',
  weights: 'tmpfs',
  pages: 'mapped',
  graphs: 'tmpfs',
  init: true,
  threads: 'one',
  served: true,
  queues: 'one',
  stacks: 'given-back',
} as const
