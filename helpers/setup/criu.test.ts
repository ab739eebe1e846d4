import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Configuration } from '../config/configuration.ts'
import { writeRecord } from '../core/record.ts'
import { candidates, criuLink, withoutDefaults, wrapper } from './criu.ts'
import { errorOf, trialKey, tried } from './criu-trial.ts'
import { criuToUse } from './paths.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'criu-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

function program(path: string, text = '#!/bin/sh\nexit 1\n'): string {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

const configuration = (criuBin?: string) => ({ stateDir: join(folder, 'state'), criuBin }) as Configuration

test("the host's CRIU comes first, then finished prefixes, the newest first; never the link that set-up made", () => {
  const host = program(join(folder, 'host/criu'))
  program(criuLink(join(folder, 'state')))
  for (const name of ['criu-4.9-1', 'criu-4.10-1', 'criu.part-12']) program(join(folder, 'state', name, 'bin/criu'))
  mkdirSync(join(folder, 'state/criu-5.0-1'))
  vi.stubEnv('PATH', `${join(folder, 'state/bin')}:${join(folder, 'host')}`)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  expect(candidates(configuration()).map(({ path }) => path)).toEqual([
    host,
    join(folder, 'state/criu-4.10-1/bin/criu'),
    join(folder, 'state/criu-4.9-1/bin/criu'),
  ])
})

test('CRIU_BIN stands alone', () => {
  expect(candidates(configuration('/opt/criu')).map(({ path, from }) => ({ path, from }))).toEqual([
    { path: '/opt/criu', from: 'CRIU_BIN' },
  ])
})

test('the wrapper passes arguments on from a folder with spaces, quotes and dollars', async () => {
  const prefix = join(folder, 'a \'b\' $HOME "c"')
  program(join(prefix, 'lib/ld.so'), '#!/bin/sh\nfor word; do echo "<$word>"; done\n')
  const criu = program(join(prefix, 'bin/criu'), wrapper(prefix, { linker: 'lib/ld.so', libraries: 'lib' }))
  const { stdout } = await execa(criu, ['dump', '--tree', '1 2'])
  expect(stdout.split('\n')).toEqual([
    '<--library-path>',
    `<${prefix}/lib>`,
    `<${prefix}/usr/sbin/criu>`,
    '<dump>',
    '<--tree>',
    '<1 2>',
  ])
})

test('what runs get is the chosen CRIU without any default.conf, whatever its folder is called', async () => {
  const real = program(
    join(folder, "a 'b' $HOME/criu"),
    '#!/bin/sh\nfor word; do echo "<$word>"; done\necho "${CRIU_CONFIG_FILE-unset}"\n',
  )
  const criu = program(criuLink(folder), withoutDefaults(real))
  const { stdout } = await execa(criu, ['swrk', '3'], { env: { CRIU_CONFIG_FILE: '/etc/other.conf' } })
  expect(stdout.split('\n')).toEqual(['<--no-default-config>', '<swrk>', '<3>', 'unset'])
})

test("a bundle's install.sh writes the same", async () => {
  const script = readFileSync(join(import.meta.dirname, '../bundle/install.sh'), 'utf8')
  const [lines] = /printf .*--no-default-config.*\\\n.*/.exec(script)!
  mkdirSync(join(folder, 'bin'))
  await execa('sh', ['-c', lines], { env: { state: folder, own: '/opt/criu-4.2' } })
  expect(readFileSync(criuLink(folder), 'utf8')).toBe(withoutDefaults('/opt/criu-4.2/bin/criu'))
})

test('the outcome of a trial holds for one CRIU on one kernel', () => {
  const a = program(join(folder, 'a'), 'one')
  const b = program(join(folder, 'b'), 'two')
  expect(trialKey([a], '6.1')).toBe(trialKey([a], '6.1'))
  expect(
    new Set([trialKey([a], '6.1'), trialKey([b], '6.1'), trialKey([a], '6.2'), trialKey([a, b], '6.1')]),
  ).toHaveLength(4)
})

test('a CRIU that fails its check does not work, and is not tried again', async () => {
  const count = join(folder, 'count')
  const criu = program(
    join(folder, 'criu'),
    `#!/bin/sh\necho x >> '${count}'\ncase $1 in --version) echo "Version: 3.17.1";; *) echo "(00.1) ` +
      'Error (criu/vdso.c:381): vdso: bounds"; exit 1;; esac\n',
  )
  const expected = { works: false, version: '3.17.1', why: 'criu check: Error (criu/vdso.c:381): vdso: bounds' }
  expect(await tried(criu, [criu], folder, 30)).toEqual(expected)
  rmSync(count)
  expect(await tried(criu, [criu], folder, 30)).toEqual(expected)
  expect(() => rmSync(count)).toThrow('ENOENT')
})

test('a CRIU that hangs is given up, and tried again the next time', async () => {
  const hangs = join(folder, 'hangs')
  writeFileSync(hangs, '')
  const criu = program(
    join(folder, 'criu'),
    `#!/bin/sh\ntest -e '${hangs}' && exec sleep 600\necho 'Version: 4.2.1'\ntest "$1" = --version || exit 1\n`,
  )
  const hung = await tried(criu, [criu], folder, 0.2)
  expect(hung).toMatchObject({
    works: false,
    why: `${criu} --version --no-default-config did not end within 0.2 s and was killed`,
  })
  rmSync(hangs)
  expect(await tried(criu, [criu], folder, 30)).toMatchObject({ works: false, version: '4.2.1' })
})

test("CRIU's reason, not its complaint about a limit that it can do without", () => {
  expect(
    errorOf(
      [
        "(00.01) Error (criu/util.c:1533): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
        "(00.02) Error (criu/sockets.c:628): sockets: Can't get 1:16 opt: Operation not supported",
        '(00.03) Error (criu/cr-dump.c:2128): Dumping FAILED.',
      ].join('\n'),
    ),
  ).toBe("Error (criu/sockets.c:628): sockets: Can't get 1:16 opt: Operation not supported")
})

test('a run takes the recorded choice, and says what to do without one', () => {
  const c = configuration()
  expect(() => criuToUse(c)).toThrow(/CRIU is missing .*\nRun: npm run setup/)
  const host = program(join(folder, 'host/criu'))
  mkdirSync(join(c.stateDir, 'bin'), { recursive: true })
  symlinkSync(host, criuLink(c.stateDir))
  writeRecord(c.stateDir, 'criu', { path: host, from: 'host', version: '4.2.1' })
  expect(criuToUse(c)).toEqual({ path: join(c.stateDir, 'bin/criu'), from: 'host', version: '4.2.1' })
})
