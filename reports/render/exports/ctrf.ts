import type { Report } from '../../run/schema.ts'
import { type Case, suitesOf } from '../cases.ts'
import type { Recorded, ReportFormat } from '../report-format.ts'

export const ctrf: ReportFormat = { name: 'Common Test Report Format', file: 'ctrf.json', render: renderCtrf }

/**
 * The cases of junit.xml in the Common Test Report Format, times in milliseconds.
 * A target's kind is a label, figures are extra.
 * Format: https://ctrf.io/docs/specification/overview
 */
export function renderCtrf(report: Report, { trials }: Recorded): string {
  const tests = [...suitesOf(report)].flatMap(([suite, cases]) => cases.map(one => testOf(suite, one)))
  const number = (status: string) => tests.filter(test => test.status === status).length
  const times = [report.timestamp, ...trials.map(({ timestamp }) => timestamp)].map(Date.parse)
  const { name, version, model } = report.engine
  return `${JSON.stringify(
    {
      reportFormat: 'CTRF',
      specVersion: '0.0.0',
      timestamp: report.timestamp,
      generatedBy: 'criu-gpu-bench',
      results: {
        tool: { name: 'criu-gpu-bench' },
        summary: {
          tests: tests.length,
          passed: number('passed'),
          failed: number('failed'),
          skipped: number('skipped'),
          pending: 0,
          other: number('other'),
          start: Math.min(...times),
          stop: Math.max(...times),
        },
        tests,
        environment: {
          appName: name,
          ...(version && { appVersion: version }),
          extra: { model, ...report.host.fingerprint },
        },
      },
    },
    undefined,
    2,
  )}\n`
}

/** What could not be judged, and a goal that was not reached, is `other`: it ran, and neither passed nor failed. */
function testOf(suite: string, { name, time, failure, skipped, kind, figures }: Case) {
  const status = failure !== undefined ? 'failed' : skipped === undefined ? 'passed' : kind ? 'other' : 'skipped'
  const message = failure ?? skipped
  return {
    name,
    status,
    duration: Math.round(time * 1000),
    suite: [suite],
    ...(message !== undefined && { message }),
    ...(kind && { labels: { kind } }),
    ...(figures && { extra: figures }),
  }
}
