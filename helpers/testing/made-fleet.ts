import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Report } from '../../reports/run/schema.ts'
import { mulberry32 } from '../core/statistics.ts'

const RECORDED = resolve(import.meta.dirname, '../../docs/results/no-gpu-2026-11-26/1-default/report.json')

interface Made {
  /** How much longer a node's starts take, as a factor. */
  factor?: (node: number) => number
  fingerprint?: (node: number) => Record<string, string>
  /** ISO 8601. */
  timestamp?: string
}

/** A real report as the fleet's nodes could have written it: values differ by 5 % between nodes and between trials. */
export function madeReports(nodes: number, { factor = () => 1, fingerprint, timestamp }: Made = {}): Report[] {
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Report
  const random = mulberry32(nodes)
  const noise = () => Math.exp(0.05 * (random() + random() + random() + random() - 2) * Math.sqrt(3))
  return Array.from({ length: nodes }, (_, node) => {
    const level = noise() * factor(node)
    const report = structuredClone(recorded)
    Object.assign(report.host.fingerprint, fingerprint?.(node))
    if (timestamp) report.timestamp = timestamp
    for (const scenario of report.scenarios)
      for (const trial of scenario.trials) if (trial.tfft) trial.tfft = scenario.tfft!.p50 * level * noise()
    return report
  })
}

/** Writes them as FOLDER/NODE/TIME/report.json, nodes n0, n1, ... */
export function makeFleet(folder: string, reports: Report[]): void {
  for (const [node, report] of reports.entries()) {
    const path = join(folder, `n${node}`, report.timestamp.replace(/\.\d+/, '').replaceAll(':', '-'))
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'report.json'), JSON.stringify(report))
  }
}

/** `node helpers/testing/made-fleet.ts DIR 1000`: to measure `npm run fleet -- merge` with. */
if (import.meta.main) {
  const [folder, nodes] = process.argv.slice(2)
  if (!folder || !(Number(nodes) > 0)) throw new Error('Usage: node helpers/testing/made-fleet.ts DIR NODES')
  makeFleet(folder, madeReports(Number(nodes), { factor: node => (node % 100 === 7 ? 1.4 : 1) }))
}
