/**
 * Colours of families of phases. Hues are those of Okabe and Ito, which colour-blind people can tell apart
 * (https://jfly.uni-koeln.de/color/); phases of one family differ in strength and have a gap between them.
 * The values stand in style.css, once for light and once for dark.
 */
export interface Family {
  key: string
  label: string
  colour: string
  ink: string
}

const FAMILIES: Record<string, Omit<Family, 'key'>> = {
  archive: family('archive', 'archive'),
  container: family('container', 'podman and runtime'),
  criu: family('criu', 'CRIU'),
  cuda: family('cuda', 'CUDA'),
  engine: family('engine', 'engine'),
  token: family('token', 'first token'),
  other: family('other', 'other'),
  unattributed: family('unattributed', 'unattributed'),
}

function family(name: string, label: string): Omit<Family, 'key'> {
  return { label, colour: `var(--${name})`, ink: `var(--on-${name})` }
}

/** The family of a phase, by the first part of its name. */
export function familyOf(phase: string): Family {
  const first = phase.split('.')[0]!
  const key = ['podman', 'runtime', 'container'].includes(first)
    ? 'container'
    : first === 'image'
      ? 'archive'
      : first === 'first-token'
        ? 'token'
        : first in FAMILIES
          ? first
          : 'other'
  return { key, ...FAMILIES[key]! }
}

/** Families in the order in which a legend names them. */
export const FAMILY_ORDER = Object.keys(FAMILIES)

/** The lighter phases of a family: what is short or comes first. All others have the full colour. */
const LIGHTER: Record<string, number> = {
  'archive.find-runtime': 0.36,
  'archive.read-config': 0.6,
  'criu.fork': 0.5,
  'cuda.unlock': 0.5,
  'engine.imports': 0.32,
  'engine.weights': 0.55,
  'engine.kv-cache': 0.55,
  'engine.api': 0.32,
}
export const LIGHT_PHASES = Object.keys(LIGHTER)

/** Opacity of a phase's colour. */
export const strengthOf = (phase: string): number => LIGHTER[phase] ?? 1

/** Colour of text on a phase: on a light tint that of all text. */
export const inkOn = (phase: string): string => (strengthOf(phase) < 1 ? 'var(--ink)' : familyOf(phase).ink)
