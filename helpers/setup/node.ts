import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { missing, ok, type Step } from './step.ts'

/** Node and the npm packages; helpers/bootstrap.mjs installs them, so the doctor only looks. */

const project = resolve(import.meta.dirname, '../..')
const OLDEST = 22

/**
 * Names of packages whose installed version is not the lock's; optional ones may be absent. Both: npm's lock format 3.
 */
function outdated(wanted: string, installed: string): string[] {
  type Packages = Record<string, { version?: string; optional?: boolean }>
  const has = (JSON.parse(installed) as { packages: Packages }).packages
  return Object.entries((JSON.parse(wanted) as { packages: Packages }).packages)
    .filter(([path, entry]) => path && !entry.optional && has[path]?.version !== entry.version)
    .map(([path]) => path.replace(/^node_modules\//, ''))
}

export const node: Step = {
  name: 'node, npm',
  async probe() {
    if (Number(process.versions.node.split('.')[0]) < OLDEST)
      return {
        state: 'too-old',
        found: `Node ${process.version}`,
        remedy: 'npm run doctor (it uses the Node of node_modules)',
      }
    const read = (file: string) => readFileSync(resolve(project, file), 'utf8')
    const wrong = outdated(read('package-lock.json'), read('node_modules/.package-lock.json'))
    return wrong.length
      ? missing(`Node ${process.version}; not as in package-lock.json: ${wrong.join(', ')}`, 'npm ci')
      : ok(`Node ${process.version}, npm packages as in package-lock.json`)
  },
  async make() {},
}
