import { exactSeconds, factor, factorRange, range } from '../../run/format.ts'
import type { Report, Scenario } from '../../run/schema.ts'
import { markdownCode, markdownTable, markdownText } from '../markdown.ts'
import type { ReportFormat } from '../report-format.ts'

export const scenariosMarkdown: ReportFormat = {
  name: 'a table to paste',
  file: 'scenarios.md',
  render: renderScenariosMarkdown,
}

/** A Markdown table, a row for each scenario, with the baseline that its speedup is over. */
export function renderScenariosMarkdown(report: Report): string {
  const { name, version, model } = report.engine
  const { gpu, cpu } = report.host.fingerprint
  const where = [[name, version].filter(Boolean).join(' '), model, gpu ?? cpu ?? 'unknown host']
  return `${[
    `${markdownText(where.join(', '))}, ${report.timestamp.slice(0, 10)}. TFFT in seconds.`,
    markdownTable(
      ['scenario', 'n', 'p50', '95 %', 'min–max', 'baseline p50', 'speedup (95 %)'],
      report.scenarios.map(row),
    ),
  ].join('\n\n')}\n`
}

function row({ id, n, tfft, versus_baseline: versus, baseline, outcome, reason }: Scenario): string[] {
  if (!tfft) return [markdownCode(id), '0', outcome, markdownText(reason?.split('\n')[0] ?? ''), '', '', '']
  return [
    markdownCode(id),
    String(n),
    exactSeconds(tfft.p50),
    range(...tfft.ci95),
    range(tfft.min, tfft.max),
    versus ? exactSeconds(versus.p50) : '–',
    versus ? `${factor(versus.speedup)} (${factorRange(versus.ci95)})` : baseline ? 'baseline' : '–',
  ]
}
