/** The page's style. Light and dark by the reader's setting; on paper always light, with the tables open. */
export const STYLE = `
:root { color-scheme: light dark;
  --paper: #fdfdfc; --ink: #1b1d20; --muted: #6a7078; --line: #e4e4e0; --soft: #f4f4f1; --good: #00694d; --bad: #b23c00; --warn: #7d5c00;
  --archive: #d55e00; --container: #8b929b; --criu: #0072b2; --cuda: #009e73; --engine: #b85c94; --token: #e0a800; --other: #5d646c; --unattributed: #d9d9d4;
  --on-archive: #000; --on-container: #000; --on-criu: #fff; --on-cuda: #000; --on-engine: #000; --on-token: #000; --on-other: #fff; --on-unattributed: #000;
  --plot-background: var(--paper) }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15171a; --ink: #e9e9e6; --muted: #989ea6; --line: #2b2f34; --soft: #1d2024; --good: #4cc9a0; --bad: #ff9155; --warn: #e3bb4d;
  --archive: #f07b2c; --container: #868d97; --criu: #4fa9e0; --cuda: #2fbf95; --engine: #d98bbb; --token: #f0c433; --other: #a8aeb5; --unattributed: #3a3f45;
  --on-archive: #15171a; --on-container: #15171a; --on-criu: #0c1116; --on-cuda: #0c1116; --on-engine: #15171a; --on-token: #15171a; --on-other: #15171a; --on-unattributed: #e9e9e6 } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 1064px; margin: 0 auto; padding: 56px 32px 88px }
header { margin-bottom: 56px }
.suite { margin: 0 0 20px; color: var(--muted); font-size: 14px }
h1 { font-size: 40px; line-height: 1.16; letter-spacing: -0.022em; font-weight: 650; margin: 0 0 16px; max-width: 22em; text-wrap: balance; overflow-wrap: anywhere }
h2 { font-size: 24px; line-height: 1.25; letter-spacing: -0.012em; font-weight: 620; margin: 0 0 6px }
h3 { font-size: 14px; font-weight: 500; color: var(--muted); margin: 28px 0 8px }
p { margin: 0 0 12px }
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: 2px }
code, .path { font: 0.88em/1.5 ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
.lead { color: var(--muted); max-width: 46em; margin-bottom: 20px }
.summary { font-size: 18px; color: var(--muted); max-width: 44em; margin: 0 }
.verdict { display: inline-block; font-size: 13px; font-weight: 650; letter-spacing: 0.04em; border: 1.5px solid; border-radius: 999px; padding: 2px 12px; margin-right: 10px }
.pass, .met { color: var(--good) } .fail, .missed { color: var(--bad) } .inconclusive { color: var(--warn) }
.chips { margin: 20px 0 0; padding: 0; list-style: none; color: var(--muted); font-size: 14px; display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px }
section { margin-top: 64px }
.targets { list-style: none; padding: 0; margin: 12px 0 0; border-top: 1px solid var(--line) }
.targets li { display: grid; grid-template-columns: 28px minmax(0, 1.5fr) minmax(0, 1.2fr) 116px; gap: 4px 16px; align-items: baseline; padding: 11px 0; border-bottom: 1px solid var(--line) }
.targets .mark { font-weight: 700 } .targets .limit { color: var(--muted) } .targets .actual { font-weight: 620; text-align: right }
blockquote { margin: 0; padding: 9px 16px; border-left: 3px solid var(--line); max-width: 46em; white-space: pre-wrap; overflow-wrap: anywhere }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 0 0 12px; padding: 0; font-size: 13px; color: var(--muted) }
.frontier { margin: 0 0 12px; padding-left: 1.6em; font-size: 14px } .frontier li { padding: 2px 0 } .frontier li::marker { font-weight: 650 } .frontier span { color: var(--muted) }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; vertical-align: -0.5px; print-color-adjust: exact; -webkit-print-color-adjust: exact }
figure { margin: 0 }
.picture .medium, .picture .narrow { display: none } .picture .medium { max-width: 760px } .picture .narrow { max-width: 460px }
.plot { display: block; width: 100%; max-width: 100%; height: auto; overflow: visible; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; print-color-adjust: exact; -webkit-print-color-adjust: exact }
.plot text { white-space: pre }
.plot [aria-label*="axis tick label"] { fill: var(--ink) } .plot [aria-label^="x-axis tick label"], .plot [aria-label^="y-axis label"], .plot [aria-label^="x-axis label"] { fill: var(--muted) }
.plot [aria-label*="grid"] { stroke: var(--line); stroke-opacity: 1 }
details { margin-top: 14px } summary { cursor: pointer; color: var(--muted); font-size: 14px; width: fit-content } summary:hover { color: var(--ink) }
.scroll { overflow-x: auto; margin-top: 12px }
table { border-collapse: collapse; font-size: 14px; width: 100% }
caption { text-align: left; color: var(--muted); padding-bottom: 6px }
th { text-align: left; font-weight: 550; color: var(--muted); border-bottom: 1px solid var(--line); padding: 7px 16px 7px 0; vertical-align: bottom }
td { border-bottom: 1px solid var(--line); padding: 7px 16px 7px 0; vertical-align: top } tr > :last-child { padding-right: 0 }
#scenarios td:first-child { min-width: 18em } #scenarios td:last-child { white-space: nowrap } .why { display: inline-block; min-width: 17em } td .limit { color: var(--muted) } td .missed { color: var(--bad) } td .met { color: var(--good) }
.number { text-align: right; white-space: nowrap }
.findings { list-style: none; margin: 16px 0 0; padding: 0 }
.findings li { display: grid; grid-template-columns: 92px minmax(0, 1fr); gap: 0 20px; padding: 20px 0; border-top: 1px solid var(--line) }
.cost { font-size: 22px; line-height: 1.3; font-weight: 620; letter-spacing: -0.01em; white-space: nowrap } .cost small { font-size: 13px; font-weight: 400; color: var(--muted); letter-spacing: 0; display: block; white-space: normal }
.findings h3 { font-size: 17px; line-height: 1.4; font-weight: 600; color: var(--ink); margin: 0 0 2px } .findings p { margin: 0 0 8px } .where, .evidence { color: var(--muted); font-size: 14px; overflow-wrap: anywhere }
.remedy { background: var(--soft); border-radius: 8px; padding: 9px 13px; font-size: 14px; overflow-wrap: anywhere } .source { font-size: 13px; color: var(--muted); overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: minmax(120px, max-content) minmax(0, 1fr); gap: 6px 28px; margin: 16px 0 0; font-size: 14px } dt { color: var(--muted) } dd { margin: 0; overflow-wrap: anywhere }
footer { margin-top: 72px; padding-top: 18px; border-top: 1px solid var(--line); color: var(--muted); font-size: 13px }
@media screen and (max-width: 1023px) { .picture .wide { display: none } .picture .medium { display: block } }
@media screen and (max-width: 559px) { .picture .medium { display: none } .picture .narrow { display: block } }
@media screen and (max-width: 760px) {
  main { padding: 32px 18px 56px } header { margin-bottom: 40px } section { margin-top: 48px } h1 { font-size: 28px } h2 { font-size: 21px } .summary { font-size: 16px }
  .targets li { grid-template-columns: 24px minmax(0, 1fr) minmax(64px, auto) } .targets .limit { grid-column: 2; grid-row: 2 } .targets .actual { grid-column: 3; grid-row: 1 / span 2 }
  .findings li { grid-template-columns: 1fr; gap: 4px } .cost small { display: inline; margin-left: 0 } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: 8px } }
@media screen and (max-width: 860px) { #scenarios thead, #scenarios td:nth-child(n+4):nth-child(-n+6) { display: none }
  #scenarios tr { display: grid; grid-template-columns: 2.8em 4.6em 5.4em 1fr; padding: 9px 0; border-bottom: 1px solid var(--line) } #scenarios td { border: 0; padding: 0; text-align: left } #scenarios td:first-child { grid-column: 1 / -1; min-width: 0; padding-bottom: 2px }
  #scenarios td:nth-child(2)::before { content: 'n ' ; color: var(--muted) } #scenarios td:nth-child(3):not(:empty)::after { content: ' s' } #scenarios td:last-child { text-align: right } #scenarios td:empty { display: none } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --muted: #555; --line: #ccc; --soft: #f4f4f1; --good: #00694d; --bad: #b23c00; --warn: #7d5c00; --archive: #d55e00; --container: #8b929b; --criu: #0072b2; --cuda: #009e73; --engine: #b85c94; --token: #e0a800; --other: #5d646c; --unattributed: #d9d9d4; --on-archive: #000; --on-container: #000; --on-criu: #fff; --on-cuda: #000; --on-engine: #000; --on-token: #000; --on-other: #fff; --on-unattributed: #000 }
  body { font-size: 10.5pt } p, li { break-inside: avoid } table { font-size: 9pt } th, td { padding: 2.5pt 10pt 2.5pt 0 } main { max-width: none; padding: 0 } section { margin-top: 28pt; break-inside: auto } .findings li, tr { break-inside: avoid } h2, h3, .lead, .legend, .frontier { break-after: avoid }
  .picture .wide { display: none } .picture .medium { display: block; max-width: none; break-inside: avoid } summary { display: none } details::details-content { content-visibility: visible; height: auto; block-size: auto } }
`
