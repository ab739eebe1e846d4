import { performance } from 'node:perf_hooks'
import { makeBundle } from '../bundle/bundle.ts'
import { describeManifest } from '../bundle/manifest.ts'
import { parseOptions, USAGE } from '../bundle/options.ts'
import { runCommand } from '../core/command-line.ts'
import { becomeRoot } from '../host/root.ts'

/** `npm run bundle`: what a host without a network needs, in parts. Exit 0, or 2 with what to do. */

async function main(argv: string[]): Promise<void> {
  const options = parseOptions(argv)
  await becomeRoot()
  const manifest = await makeBundle(options, line => console.log(`bundle: ${line}`))
  console.log(
    `${describeManifest(manifest)}\nbundle: ${options.out} (${Math.round(performance.now() / 1000)} s). ` +
      'On the host: sh install.sh',
  )
}

if (import.meta.main) await runCommand(USAGE, main)
