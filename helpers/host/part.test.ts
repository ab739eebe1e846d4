import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isLeftPart, partOf } from './part.ts'

/** No process ever has this number: it is above the kernel's largest. */
const DEAD = 4_194_305

test('left is what a gone process of this place built; another place is believed for a day', () => {
  const folder = mkdtempSync(join(tmpdir(), 'part-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const own = basename(partOf('m.gguf'))
  const place = own.slice(own.indexOf(hostname()))
  const parts = {
    [own]: true,
    [`m.gguf.part-${DEAD}.${place}`]: true,
    [`m.gguf.part-${DEAD}`]: true,
    'm.gguf.part-1': false,
    [`m.gguf.part-1.${place}`]: false,
    [`m.gguf.part-${DEAD}.other-host-1`]: false,
    [`m.gguf.part-${DEAD}.old-host-1`]: true,
    'm.gguf': false,
  }
  for (const name of Object.keys(parts)) writeFileSync(join(folder, name), '')
  utimesSync(join(folder, `m.gguf.part-${DEAD}.old-host-1`), 0, 0)
  expect(Object.fromEntries(readdirSync(folder).map(name => [name, isLeftPart(join(folder, name))]))).toEqual(parts)
  expect(isLeftPart(join(folder, `gone.part-${DEAD}.other-host-1`))).toBe(false)
})
