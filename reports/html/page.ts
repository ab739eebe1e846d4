import type { Report } from '../schema.ts'
export function renderPage(report: Report): string {
  return `<!doctype html><title>${report.verdict}</title>`
}
