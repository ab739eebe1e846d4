import { appendFileSync } from 'node:fs'
import { spoken, unproven } from '../analysis/answer.ts'
import { interruption } from '../analysis/interruption.ts'
import { idleLine, MIN_TRIALS, unjudged } from '../analysis/targets.ts'
import { change, count, factor, factorRange, metricSign, metricValue, range, seconds } from '../run/format.ts'
import type { Finding, Report, Scenario, TargetResult } from '../run/schema.ts'
import { calledVerdict, gateVerdict } from './gate-table.ts'
import { markdownCode as code, markdownTable as table, markdownText as text } from './markdown.ts'
import { legend } from './scenario-tree.ts'
import { mostOf } from './table.ts'
import { spans } from './text.ts'

/** The job summary as Markdown: verdict, targets, a row a scenario, the comparison, the findings. */
export function renderSummary(report: Report): string {
  return `${[
    `## ${verdictTitle(report)}`,
    `${text(report.engine.name)}, ${text(report.engine.model)}, ` +
      `${text(report.host.fingerprint.gpu ?? report.host.fingerprint.cpu ?? 'unknown host')}`,
    table(
      ['', 'target', 'limit', 'actual'],
      report.scenarios.flatMap(scenario =>
        scenario.targets.map(target => [MARKS[target.verdict], code(scenario.id), limit(target), actual(target)]),
      ),
    ),
    report.verdict === 'measured' ? `⚠️ ${text(unjudged(report) ?? '')}` : '',
    text(idleLine(report) ?? ''),
    table(['scenario', 'n', 'TFFT p50', 'min–max', 'speedup (95 %)', 'most of it'], report.scenarios.map(scenarioRow)),
    legend(report.scenarios).map(text).join('<br>'),
    unproven(report)
      .map(proof => `⚠️ ${text(proof)}`)
      .join('\n\n'),
    answered(report),
    ...(report.reference
      ? [
          `### ${text(gateVerdict(report.reference))}`,
          table(
            ['scenario', '', 'reference', 'now', 'change'],
            report.reference.comparisons.map(compared => [
              code(compared.scenario),
              calledVerdict(compared),
              compared.reference_p50 === null ? '–' : `${seconds(compared.reference_p50)} s`,
              compared.p50 === null ? '–' : `${seconds(compared.p50)} s`,
              compared.change === null ? '–' : change(compared.change),
            ]),
          ),
          report.reference.differs.length > 0 &&
            '⚠️ The reference is from another host or configuration, compared anyway. It differs in ' +
              `${text(report.reference.differs.join(', '))}.`,
        ]
      : []),
    ...(report.findings.length > 0 ? ['### Findings', report.findings.map(findingItem).join('\n')] : []),
  ]
    .filter(Boolean)
    .join('\n\n')}\n`
}

function findingItem({ cost, scenario, message, evidence, remedy }: Finding): string {
  const costs = cost === null ? '' : `**${seconds(cost)} s** `
  const where = scenario ? `${code(scenario)}: ` : ''
  const todo = spans(remedy).map(span => (span.code ? code(span.text) : text(span.text)))
  return `- ${costs}${where}${text(message)} (${text(evidence)})<br>→ ${todo.join('')}`
}

function answered(report: Report): string {
  const said = spoken(report)
  return said
    ? `Asked ${code(said.prompt)} it says (${text(said.others)}):\n\n${said.text
        .split('\n')
        .map(line => `> ${text(line)}`)
        .join('\n')}`
    : ''
}

const MARKS = { pass: '✅', fail: '❌', inconclusive: '❔' } as const
const limit = ({ metric, limit }: TargetResult) => `${metric} ${metricSign(metric)} ${metricValue(metric, limit)}`
const actual = ({ metric, actual, kind }: TargetResult) =>
  `${actual === null ? 'not measured' : metricValue(metric, actual)}${kind === 'goal' ? ' (goal)' : ''}`

function verdictTitle({ verdict, reference, interrupted }: Report): string {
  if (verdict === 'nothing-measured') return '❌ Nothing measured'
  if (interrupted) return `❌ Run ${interruption(interrupted)}`
  if (verdict === 'fail') return '❌ Failed'
  if (reference && reference.verdict !== 'pass') return `❌ ${gateVerdict(reference)}`
  return verdict === 'measured' ? 'Measured' : '✅ Passed'
}

function scenarioRow(scenario: Scenario): string[] {
  const { id, n, tfft, versus_baseline: versus, outcome, reason } = scenario
  if (!tfft) return [code(id), '0', outcome, text(reason?.split('\n')[0] ?? ''), '', '']
  return [
    code(id),
    String(n),
    `${seconds(tfft.p50)} s`,
    range(tfft.min, tfft.max),
    versus ? `${factor(versus.speedup)} (${factorRange(versus.ci95)})` : scenario.baseline ? 'baseline' : '–',
    mostOf(scenario),
  ]
}

/**
 * Workflow commands that GitHub shows as annotations: an error for each missed target, failed scenario and slower
 * scenario, a warning for what is inconclusive.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function renderAnnotations(report: Report): string[] {
  const scenarios = report.scenarios.flatMap(({ id, n, failed, outcome, reason, targets }) => [
    ...(outcome === 'failed' || failed > 0
      ? [command('error', `${id} failed`, `${count(failed, 'trial')} of ${n + failed} failed: ${reason ?? ''}`)]
      : []),
    ...targets
      .filter(target => target.verdict !== 'pass')
      .map(target =>
        command(
          target.verdict === 'fail' && target.kind === 'must'
            ? 'error'
            : target.verdict === 'fail'
              ? 'notice'
              : 'warning',
          `${id}: ${target.verdict === 'fail' ? 'missed' : 'inconclusive'}`,
          `${limit(target)}, actual ${actual(target)}`,
        ),
      ),
  ])
  const gate =
    report.reference?.comparisons.flatMap(({ scenario, verdict, reference_p50, p50, change: by }) =>
      verdict === 'slower'
        ? [
            command(
              'error',
              `${scenario} is slower`,
              `${seconds(reference_p50!)} s → ${seconds(p50!)} s (${change(by!)})`,
            ),
          ]
        : verdict === 'cannot-tell'
          ? [command('warning', `${scenario} cannot be compared`, `fewer than ${MIN_TRIALS} trials`)]
          : verdict === 'missing' && p50 === null
            ? [command('error', `${scenario} was not measured`, `the reference has ${seconds(reference_p50!)} s`)]
            : [],
    ) ?? []
  return [
    ...scenarios,
    ...gate,
    ...(report.verdict === 'nothing-measured' ? [command('error', 'nothing measured', 'no trial counted')] : []),
  ]
}

function command(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  const data = (value: string) => value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  return `::${level} title=${data(title).replaceAll(':', '%3A').replaceAll(',', '%2C')}::${data(message)}`
}

/** Within a GitHub job: adds the summary to the job's page and prints the annotations. Elsewhere nothing. */
export function publishToGithub(
  report: Report,
  environment: Record<string, string | undefined> = process.env,
  print: (line: string) => void = console.log,
): void {
  if (environment.GITHUB_STEP_SUMMARY) addSummary(environment.GITHUB_STEP_SUMMARY, renderSummary(report))
  if (environment.GITHUB_ACTIONS === 'true') for (const line of renderAnnotations(report)) print(line)
}

/** The summary repeats what the report says: a job's folder that is gone must not change what a run ends with. */
function addSummary(path: string, text: string): void {
  try {
    appendFileSync(path, text)
  } catch (error) {
    const { message } = error as Error
    console.error(
      `criu-gpu-bench: warning: GITHUB_STEP_SUMMARY cannot be written: ${message}; the job's page has no summary`,
    )
  }
}
