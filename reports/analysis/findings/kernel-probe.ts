import { percent, seconds } from '../../run/format.ts'
import { figure, measured, NOTICEABLE, p50, type Rule } from './rule.ts'

/**
 * CRIU tries out what the kernel can, and writes it to /run/criu.kdat where /run is a tmpfs (kerndat.c): what was true
 * before a reboot need not be true after it. Where /run is none, as in many containers, it asks at every start.
 */
export const kernelProbe: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const cost = figure(facts, scenario.id, 'criu.probe_time')
    if (cost === undefined || cost < NOTICEABLE * p50(scenario)) return []
    const folder = facts.run.host.facts['criu.folder']
    const criu = typeof folder === 'string' ? `${folder}/criu` : 'criu'
    return [
      {
        code: 'criu-kernel-probe',
        message: "CRIU probes the kernel's features at every restore",
        evidence:
          `/run is not a tmpfs, so nothing is kept in /run/criu.kdat: ${seconds(cost)} s of ` +
          `${seconds(p50(scenario))} s (${percent(cost / p50(scenario))})`,
        cost,
        remedy:
          `give it one file on a tmpfs, after every boot: \`unshare --mount sh -c 'mount -t tmpfs tmpfs /run ` +
          `&& ${criu} check && cp /run/criu.kdat /dev/shm/'\`, then \`touch /run/criu.kdat && mount --bind ` +
          `/dev/shm/criu.kdat /run/criu.kdat\``,
        source: 'https://github.com/checkpoint-restore/criu/blob/criu-dev/criu/kerndat.c',
        scenario: scenario.id,
      },
    ]
  })
