import type { SizeSeries } from '../analysis/sizes.ts'
import { bytes, exactSeconds, seconds } from '../run/format.ts'
import type { Settings } from '../run/schema.ts'

/** What is said of seconds against bytes, in the terminal and on the page. All pure. */

/** A line in words: `0.492 s and 52.6 GB/s`, and how far to trust it. */
export function lineText({ fixed, bytes_per_second: speed, sizes, worst }: SizeSeries['line']): string {
  const begin = `${fixed < 0 ? '-' : ''}${exactSeconds(Math.abs(fixed))} s`
  const slope = speed === null ? 'not slower with more bytes' : `${bytes(speed)}/s`
  const fit =
    sizes === 2
      ? 'two sizes only, so nothing checks the line'
      : `${sizes} sizes, all medians within ${seconds(worst)} s`
  return `${begin} and ${slope} (${fit})`
}

/** A series by its scenario; where others are called the same, with what sets it apart: `+served -graphs`. */
export function seriesName(one: SizeSeries, all: SizeSeries[]): string {
  const namesakes = all.filter(({ scenario }) => scenario === one.scenario)
  const names = [...new Set(namesakes.flatMap(({ settings }) => Object.keys(settings)))]
  const apart = names.filter(name => namesakes.some(({ settings }) => settings[name] !== one.settings[name]))
  return [one.scenario, ...apart.map(name => signed(name, one.settings[name]))].join(' ')
}

const signed = (name: string, value: Settings[string] | undefined): string =>
  value === undefined ? `-${name}` : value === true ? `+${name}` : `+${name} ${value}`
