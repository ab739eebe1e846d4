import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../run/schema.ts'
import type { ReportFormat } from '../report-format.ts'
import { answer } from './answer.ts'
import { holding } from './holding.ts'
import { html, Markup } from './markup.ts'
import { readyTable } from './ready.ts'
import { comparison, findingList, header, host, published, scenarioTable, title } from './sections.ts'
import { serverTable } from './server-table.ts'
import { speedups } from './speedup.ts'
import { trialDots } from './trials.ts'
import { waterfall } from './waterfall.ts'

export const page: ReportFormat = { name: 'the page', file: 'report.html', render: renderPage }
export const STYLE = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8')

/**
 * The report as one HTML file: no script, no network (its policy forbids both), every figure from the report.
 * @returns a whole document
 */
export function renderPage(report: Report): string {
  const { scenarios } = report
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${title(report)} · CRIU GPU Benchmark Suite</title>
<style>
${new Markup(STYLE)}</style>
</head>
<body>
<main>
${header(report)}
${waterfall(scenarios)}
${findingList(report.findings)}
${trialDots(scenarios)}
${speedups(scenarios)}
${holding(scenarios)}
${answer(report)}
${comparison(report)}
${scenarioTable(report)}
${serverTable(report)}
${readyTable(report)}
${host(report)}
${published()}
<footer>Made from run.json and trials.jsonl of this folder; npm run report makes it again. TFFT is the time from the
spawn of the start command to the first token's bytes on the socket.</footer>
</main>
</body>
</html>
`.text
}
