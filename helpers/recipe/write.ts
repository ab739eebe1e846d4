import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './parts.ts'
import { fill, template } from './render.ts'
import type { Recipe } from './values.ts'
import { values } from './values.ts'
import { type Base, inUnit, type Word } from './words.ts'

const SCRIPTS = ['prepare.sh', 'checkpoint.sh', 'restore.sh', 'stop.sh']

/** The text of every file that is made from a template, by its name. Pure. @param quadlet where podman has it */
export function files(recipe: Recipe, quadlet: boolean): Record<string, string> {
  const own = values(recipe)
  const text = (name: string, more: Record<string, string> = {}) =>
    fill(template(name), { ...own, ...more, name: recipe.name }, recipe.gains)
  return {
    'settings.sh': fill(template('settings.sh'), own, recipe.gains),
    'common.sh': fill(template('common.sh'), own, recipe.gains),
    'engine.sh': fill(
      template(recipe.engine?.script ?? 'engine-plain.sh'),
      { ...own, ...recipe.engine?.values },
      recipe.gains,
    ),
    ...Object.fromEntries(SCRIPTS.map(name => [name, text(name)])),
    'README.md': text('README.md'),
    [`${recipe.name}.service`]: text('server.service'),
    [`${recipe.name}-checkpoint.service`]: text('checkpoint.service'),
    ...(quadlet && { [`${recipe.name}-cold.container`]: text('server.container', unitWords(recipe)) }),
    ...(recipe.trial.commands.criu.length > 0 && { 'criu.conf': `${recipe.trial.commands.criu.join('\n')}\n` }),
  }
}

function unitWords({ container, folder, trial }: Recipe): Record<string, string> {
  const folders: Record<Base, string> = {
    HERE: folder,
    CACHE: join(folder, 'cache'),
    MEMORY: join(folder, 'cache'),
    WEIGHTS: join(folder, 'cache'),
    ADDRESS: '127.0.0.1',
  }
  const line = (words: Word[]) => words.map(word => inUnit(word, folders)).join(' ')
  // memory and weights belong to a checkpoint
  const flags = container.flags.filter(words => !words.some(({ base }) => base === 'MEMORY'))
  const secrets = trial.commands.environment.length > 0 ? [`EnvironmentFile=-${join(folder, 'secrets.env')}`] : []
  return {
    arguments: [...flags.map(words => `PodmanArgs=${line(words)}`), ...secrets].join('\n'),
    command: line(container.command.flat()),
  }
}

/** Writes them; scripts can be run. */
export function writeFiles(folder: string, all: Record<string, string>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries(all)) {
    if (SCRIPTS.includes(name)) program(join(folder, name), text)
    else writeFileSync(join(folder, name), text, { mode: 0o644 })
  }
}
