import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeOfDevice } from '../host/numa.ts'
import { queryText } from './nvidia-smi.ts'

/** A PCIe link: generation and lanes; undefined where nobody says. */
export interface Link {
  generation: number | undefined
  width: number | undefined
}

/** How a GPU is connected and how fast it is set at this moment. */
export interface GpuState {
  /** As the kernel writes it: 0000:17:00.0. */
  bus: string
  /** 0 is the fastest, 12 the slowest. */
  performance: number | undefined
  link: Link
  /** What the card and its slot can do together. */
  slot: Link
  /** What the card alone can do. */
  card: Link
  node: number | undefined
}

const FIELDS =
  'pci.bus_id,pstate,pcie.link.gen.current,pcie.link.gen.max,pcie.link.gen.gpumax,pcie.link.width.current,' +
  'pcie.link.width.max'

/** Of every GPU, in nvidia-smi's order; [] where it does not answer. */
export const gpuStates = (): GpuState[] => parseGpuStates(queryText(`gpu=${FIELDS}`))

/** @param text lines of nvidia-smi as CSV, fields as in {@link FIELDS}; what a GPU does not tell is [N/A] there */
export function parseGpuStates(text: string, root = '/'): GpuState[] {
  return text
    .split('\n')
    .filter(line => line.trim())
    .map(line => {
      const [bus = '', performance = '', ...numbers] = line.split(',').map(cell => cell.trim())
      const [generation, slotGeneration, cardGeneration, width, slotWidth] = numbers.map(whole)
      const own = kernelBus(bus)
      return {
        bus: own,
        performance: whole(performance.replace(/^P/, '')),
        link: { generation, width },
        slot: { generation: slotGeneration, width: slotWidth },
        card: { generation: cardGeneration ?? slotGeneration, width: cardWidth(own, root) ?? slotWidth },
        node: nodeOfDevice(own, root),
      }
    })
}

const whole = (cell: string): number | undefined => (/^\d+$/.test(cell) ? Number(cell) : undefined)

/** nvidia-smi writes the domain with 8 digits: 00000000:17:00.0. */
const kernelBus = (bus: string) => bus.toLowerCase().replace(/^0000(?=[0-9a-f]{4}:)/, '')

/** The kernel knows the device's own width, nvidia-smi only the slot's too. 0 and 255 stand for unknown. */
function cardWidth(bus: string, root: string): number | undefined {
  try {
    const width = whole(readFileSync(join(root, 'sys/bus/pci/devices', bus, 'max_link_width'), 'utf8').trim())
    return width && width <= 32 ? width : undefined
  } catch {
    return undefined
  }
}

/** The slowest performance state of a GPU that works: 2 is the fastest that CUDA lets a desktop card have. */
const WORKING = 2

/** True where the state was read while the GPU worked: at rest it slows itself and its link down. */
export const isWorking = ({ performance }: Pick<GpuState, 'performance'>): boolean =>
  performance !== undefined && performance <= WORKING

/** Such as PCIe 4.0 x16. */
export const linkName = ({ generation, width }: Link): string =>
  `PCIe ${generation === undefined ? '?' : `${generation}.0`} x${width ?? '?'}`

/** True where a link is slower, in generation or width, than another one; what is not known is not slower. */
export function isSlower(link: Link, than: Link): boolean {
  const less = (a: number | undefined, b: number | undefined) => a !== undefined && b !== undefined && a < b
  return less(link.generation, than.generation) || less(link.width, than.width)
}

/** What to do about a link that is slower than the card. Pure. */
export const linkRemedy = (slot: Link, card: Link): string =>
  isSlower(slot, card)
    ? "put the card into a slot that can do as much, or see to the firmware's settings of this one (lanes shared " +
      'with other slots, link speed)'
    : "the slot could do more: see to the firmware's settings (link speed, ASPM), the riser, and dmesg for PCIe errors"
