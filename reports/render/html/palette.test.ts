import { describe, expect, it } from 'vitest'
import { STYLE } from './page.ts'
import { FAMILY_ORDER, familyOf, inkOn, LIGHT_PHASES, strengthOf } from './palette.ts'

/**
 * Colours of the style's blocks, in their order: light, dark, print. Dark and print say only what differs from light.
 */
const [light, dark, print] = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) =>
  Object.fromEntries([...block!.matchAll(/--([\w-]+): (#[0-9a-f]{3,6})/g)].map(([, name, value]) => [name, value])),
)
const THEMES: Record<string, Record<string, string>> = {
  light: light!,
  dark: { ...light, ...dark },
  print: { ...light, ...print },
}

type Rgb = [number, number, number]
const rgb = (hex: string): Rgb => {
  const digits = hex.length === 4 ? [...hex.slice(1)].map(digit => digit + digit) : hex.slice(1).match(/../g)!
  return digits.map(two => Number.parseInt(two, 16)) as Rgb
}
const over = (top: Rgb, share: number, below: Rgb) =>
  top.map((value, index) => share * value + (1 - share) * below[index]!) as Rgb

/** Contrast of two colours, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [a, b]
    .map(colour => {
      const [red, green, blue] = colour.map(value =>
        value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
      ) as Rgb
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    })
    .toSorted((x, y) => x - y) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

describe.each(Object.entries(THEMES))('%s', (_, theme) => {
  const colour = (reference: string) => rgb(theme[/--([\w-]+)/.exec(reference)![1]!]!)
  it.each(['ink', 'muted', 'good', 'bad', 'warn'])('%s can be read on paper and on a box', name => {
    expect(
      Math.min(contrast(rgb(theme[name]!), rgb(theme.paper!)), contrast(rgb(theme[name]!), rgb(theme.soft!))),
    ).toBeGreaterThan(4.5)
  })
  it.each([...FAMILY_ORDER.map(key => (key === 'token' ? 'first-token' : key)), ...LIGHT_PHASES])(
    'text can be read on %s',
    phase => {
      const background = over(colour(familyOf(phase).colour), strengthOf(phase), rgb(theme.paper!))
      expect(contrast(colour(inkOn(phase)), background)).toBeGreaterThan(4.5)
    },
  )
})
