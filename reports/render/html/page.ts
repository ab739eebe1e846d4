import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../run/schema.ts'
import type { Recorded, ReportFormat } from '../report-format.ts'
import { answer } from './answer.ts'
import { contents, documentTitle, header } from './header.ts'
import { holding } from './holding.ts'
import { load } from './load.ts'
import { docs, html, Markup, Section } from './markup.ts'
import { readyTable } from './ready.ts'
import { comparison, findingList, host, published, scenarioTable } from './sections.ts'
import { serverTable } from './server-table.ts'
import { servers } from './servers.ts'
import { speedups } from './speedup.ts'
import { swaps } from './swaps.ts'
import { targets } from './targets.ts'
import { trialDots } from './trials.ts'
import { waterfall } from './waterfall.ts'

export const page: ReportFormat = { name: 'the page', file: 'report.html', render: renderPage }
export const STYLE = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8')

/**
 * The report as one HTML file: no script, no network (its policy forbids both), every figure from the report.
 * @returns a whole document
 */
export function renderPage(report: Report, recorded?: Recorded): string {
  const { scenarios } = report
  const sections = [
    targets(report),
    comparison(report),
    waterfall(scenarios),
    speedups(scenarios),
    findingList(report.findings),
    scenarioTable(report),
    trialDots(scenarios),
    holding(scenarios),
    servers(scenarios),
    swaps(scenarios, recorded?.trials ?? []),
    load(report),
    answer(report),
    serverTable(report),
    readyTable(report),
    host(report),
    published(),
  ].filter(part => part instanceof Section)
  return documentOf(
    documentTitle(report),
    html`${header(report, recorded?.run)}
${contents(sections)}
${sections.map(
  part => html`${part}
`,
)}<footer>${METHOD} ${docs('methodology.md')}. How to read this page: ${docs('reading-the-report.md')}. Made from
run.json and trials.jsonl of this folder; <code>npm run report</code> makes it again. The figures behind the pictures
are on the page, behind <q>The figures</q>, and in report.json.</footer>`,
  )
}

const METHOD =
  "TFFT is the time from the spawn of the start command to the first token's bytes on the socket. How it is " +
  'measured, and when a trial counts:'

/** A whole document, which asks nobody for anything. */
export function documentOf(title: string, main: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${title} · CRIU GPU Benchmark Suite</title>
<style>
${new Markup(STYLE)}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`.text
}
