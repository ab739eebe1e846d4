import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { describe, expect, onTestFinished, test } from 'vitest'

/** As uv 0.13 says it. */
const SO = 'we can conclude that your requirements are unsatisfiable.'
const CONTRADICTION = `error: No solution found when resolving dependencies
  cause: Because you require requests==2.32.0 and requests==2.31.0, ${SO}`
const NO_WHEEL = `error: No solution found when resolving dependencies
  cause: Because sgmllib3k==1.0.0 has no usable wheels and you require sgmllib3k==1.0.0, ${SO}`

describe.skipIf(process.getuid?.() !== 0 || process.arch !== 'x64')(
  'Python packages that cannot be had',
  { timeout: 30_000 },
  () => {
    test.for([
      [
        '--have and --wheels contradict each other',
        `echo '${CONTRADICTION}' >&2; exit 1`,
        'Because you require requests==2.32.0 and requests==2.31.0',
      ],
      [
        'a package has no wheel',
        `case "$*" in *compile*) echo sgmllib3k==1.0.0;; *dry-run*) echo '${NO_WHEEL}' >&2; exit 1;; esac`,
        'sgmllib3k==1.0.0 has no usable wheels',
      ],
      [
        '--override reaches uv',
        'while [ $# -gt 0 ]; do [ "$1" = --override ] && echo $(cat "$2") >&2; shift; done; exit 1',
        'urllib3==2.5.0 idna==3.10',
      ],
      ['the host has all of it', 'echo requests==2.31.0', 'nothing is left of requests==2.32.0'],
    ] as const)('%s: said before anything is packed', async ([, uv, says]) => {
      const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      writeFileSync(join(folder, 'uv'), `#!/bin/sh\n${uv}\n`)
      chmodSync(join(folder, 'uv'), 0o755)
      writeFileSync(join(folder, 'have.txt'), 'requests==2.31.0\n')
      const { exitCode, all } = await execa(
        process.execPath,
        [
          resolve(import.meta.dirname, '../commands/bundle.ts'),
          '--out',
          join(folder, 'out'),
          '--wheels',
          'requests==2.32.0',
          '--have',
          join(folder, 'have.txt'),
          '--override',
          'urllib3==2.5.0',
          '--override=idna==3.10',
        ],
        { env: { PATH: `${folder}:${process.env.PATH}`, VITEST: '' }, reject: false, all: true },
      )
      expect(all).toContain(says)
      expect(all).not.toMatch(/packing|unpacking/)
      expect(exitCode).toBe(2)
      expect(readdirSync(folder).sort()).toEqual(['have.txt', 'uv'])
    })
  },
)
