import type { Report } from '../../run/schema.ts'
import { type Case, suitesOf } from '../cases.ts'
import type { ReportFormat } from '../report-format.ts'

export const junit: ReportFormat = { name: 'JUnit XML', file: 'junit.xml', render: renderJunit }

/**
 * JUnit XML: a suite a strategy, a case a scenario (it fails where the scenario did), a case a target, whose property
 * `kind` is must or goal and whose other one is what it judged, and a case a comparison with the reference. Times are
 * in seconds: TFFT p50, of a target what it judged. Format: https://github.com/testmoapp/junitxml
 */
export function renderJunit(report: Report): string {
  const suites = [...suitesOf(report)].map(([name, cases]) => suite(name, cases, report.timestamp))
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="criu-gpu-bench">\n' +
    `${suites.join('\n')}\n</testsuites>\n`
  )
}

function suite(name: string, all: Case[], timestamp: string): string {
  const number = (key: 'failure' | 'skipped') => all.filter(one => one[key] !== undefined).length
  const body = all.map(
    one =>
      `    <testcase name="${escapeXml(one.name)}" classname="${escapeXml(one.class)}" ` +
      `time="${seconds6(one.time)}"${closed(one)}`,
  )
  return (
    `  <testsuite name="${escapeXml(name)}" tests="${all.length}" failures="${number('failure')}" ` +
    `skipped="${number('skipped')}" errors="0" timestamp="${timestamp}">\n` +
    `${body.join('\n')}\n  </testsuite>`
  )
}

function closed(one: Case): string {
  const inner = [properties(one), outcome(one)].join('')
  return inner === '' ? '/>' : `>${inner}</testcase>`
}

function properties({ kind, figures = {} }: Case): string {
  const all = Object.entries({ ...(kind && { kind }), ...figures })
  const each = all.map(([name, value]) => `<property name="${escapeXml(name)}" value="${value}"/>`)
  return all.length === 0 ? '' : `<properties>${each.join('')}</properties>`
}

function outcome({ failure, skipped }: Case): string {
  if (failure !== undefined)
    return `<failure message="${escapeXml(failure.split('\n')[0]!)}">${escapeXml(failure)}</failure>`
  return skipped === undefined ? '' : `<skipped message="${escapeXml(skipped)}"/>`
}

const seconds6 = (value: number) => value.toFixed(6)

/** XML text; characters that XML 1.0 has no place for, such as a terminal's colours in a log line, are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
    .replaceAll('\n', '&#10;')
}
