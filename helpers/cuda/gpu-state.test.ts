import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { isSlower, isWorking, linkName, linkRemedy, parseGpuStates } from './gpu-state.ts'

/** Printed on an H200 by driver 580, and in NVIDIA's form for an A10 at rest and a card that tells nothing. */
const H200 = '00000000:00:06.0, P0, 5, 5, 5, 16, 16\n'
const A10_AT_REST = '00000000:17:00.0, P8, 1, 4, 4, 16, 16\n'
const SILENT = '00000000:65:00.0, [N/A], [N/A], [N/A], [N/A], [N/A], [N/A]\n'

/** A root whose PCI devices have these files. */
function devices(files: Record<string, Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'gpu-state-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  for (const [bus, all] of Object.entries(files)) {
    const folder = join(path, 'sys/bus/pci/devices', bus)
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), `${text}\n`)
  }
  return path
}

it('reads a GPU at work, one at rest and one that tells nothing', () => {
  const root = devices({ '0000:17:00.0': { numa_node: '1', max_link_width: '16' } })
  const [h200, a10, silent] = parseGpuStates(H200 + A10_AT_REST + SILENT, root)
  const five = { generation: 5, width: 16 }
  expect(h200).toEqual({ bus: '0000:00:06.0', performance: 0, link: five, slot: five, card: five, node: undefined })
  expect(a10).toMatchObject({
    bus: '0000:17:00.0',
    performance: 8,
    link: { generation: 1, width: 16 },
    card: { generation: 4, width: 16 },
    node: 1,
  })
  expect(isWorking(h200!)).toBe(true)
  expect(isWorking(a10!)).toBe(false)
  expect(isWorking(silent!)).toBe(false)
  expect(isSlower(silent!.link, silent!.card)).toBe(false)
  expect(linkName(silent!.link)).toBe('PCIe ? x?')
  expect(parseGpuStates('', root)).toEqual([])
})

it('the card by itself: its width from the kernel, its generation from nvidia-smi', () => {
  const root = devices({ '0000:17:00.0': { max_link_width: '16' }, '0000:18:00.0': { max_link_width: '255' } })
  const [narrow, unknown] = parseGpuStates(
    '00000000:17:00.0, P0, 3, 3, 4, 8, 8\n00000000:18:00.0, P2, 4, 4, 4, 8, 8\n',
    root,
  )
  expect(narrow).toMatchObject({ slot: { generation: 3, width: 8 }, card: { generation: 4, width: 16 } })
  expect(isSlower(narrow!.link, narrow!.card)).toBe(true)
  expect(linkRemedy(narrow!.slot, narrow!.card)).toContain('a slot that can do as much')
  expect(unknown).toMatchObject({ card: { generation: 4, width: 8 } })
})
