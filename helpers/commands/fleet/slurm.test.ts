import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { batchScript } from './batch-script.ts'
import { hostList } from './host-list.ts'
import { slurm } from './slurm.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'slurm-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

async function printed(...argv: string[]): Promise<string> {
  let text = ''
  await slurm(argv, more => {
    text += more
  })
  return text
}

/** Puts programs that print this first on PATH, as Slurm's are not here. */
function programs(said: Record<string, string>): string {
  const path = folder()
  for (const [name, line] of Object.entries(said)) {
    writeFileSync(join(path, name), `#!/bin/sh\necho "$0 $*" >> ${path}/called\n${line}\n`)
    chmodSync(join(path, name), 0o755)
  }
  vi.stubEnv('PATH', `${path}:${process.env.PATH}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  return path
}

describe('lists of hosts', () => {
  it.for([
    ['n1', ['n1']],
    ['n[1-3],gpu-7', ['n1', 'n2', 'n3', 'gpu-7']],
    ['a[08-10,3]x', ['a08x', 'a09x', 'a10x', 'a3x']],
    ['r[1-2]n[1-2],r1n1', ['r1n1', 'r1n2', 'r2n1', 'r2n2']],
  ] as const)('%s', ([text, names]) => expect(hostList(text)).toEqual(names))
  it.for(['', 'n[3-1]', 'n[1', 'n[a-b]', 'n1,,n2', 'n1;reboot', '-n1', 'n[1-]'])('%j is refused', text =>
    expect(() => hostList(text)).toThrow('--nodes: received'),
  )
})

describe('npm run fleet -- slurm', () => {
  const wanted = { nodes: ['n1', 'n2'], name: 'x', results: '/r', checkout: "/it's", gpus: 8, minutes: 60, benches: [] }
  it('prints a script that bash takes, one task on each pinned node', async () => {
    const script = await printed('--nodes', 'n[1-2]', '--results', '/shared/r', 'cold', '--', "-t'x $(reboot)")
    execFileSync('bash', ['-n'], { input: script })
    for (const flag of ['--nodes=2', '--nodelist=n1,n2', '--ntasks-per-node=1', '--exclusive', '--no-kill'])
      expect(script).toContain(`#SBATCH ${flag}\n`)
    expect(script).toContain(`-- cold '-t'\\''x $(reboot)'\n`)
    expect(script).not.toMatch(/gpus-per-node|partition/)
    expect(batchScript(wanted)).toContain('#SBATCH --gpus-per-node=8\n')
  })
  it("the script names the nodes, and ends with the merge's exit code, whatever a node ended with", () => {
    const results = folder()
    const path = programs({ srun: 'exit 9', node: 'exit 4' })
    const script = batchScript({ ...wanted, results, checkout: results })
    const ended = () => execFileSync('bash', [], { input: script, env: { ...process.env, SLURM_JOB_ID: '42' } })
    expect(ended).toThrow(expect.objectContaining({ status: 4 }))
    expect(readFileSync(join(results, '42/nodes.txt'), 'utf8')).toBe('n1\nn2\n')
    expect(readFileSync(join(path, 'called'), 'utf8')).toMatch(
      /srun .*--results \S+ --job 42\n.*fleet merge (\S+\/42) --out \1\n/,
    )
  })
  it('asks for idle nodes, each once, and submits only when told to', async () => {
    const path = programs({
      sinfo: 'echo n1 idle; echo n2 idle; echo n1 idle; echo n3 drained; echo n4 idle*',
      sbatch: 'echo Submitted batch job 7',
    })
    expect(await printed('--all-idle', '--partition', 'gpu')).toContain('--nodelist=n1,n2\n')
    expect(readFileSync(join(path, 'called'), 'utf8')).not.toContain('sbatch')
    const results = folder()
    expect(await printed('--nodes', 'n1', '--results', results, '--submit')).toContain('Submitted batch job 7')
    expect(readFileSync(join(results, 'fleet.sbatch'), 'utf8')).toMatch(/^#!\/bin\/bash\n/)
  })
  it('no idle node is a problem', async () => {
    programs({ sinfo: 'echo n1 drained' })
    await expect(printed('--all-idle')).rejects.toThrow(/names no idle node/)
  })
  it.for([
    [[], /one of --nodes LIST and --all-idle is needed, received neither/],
    [['--nodes', 'n1', '--all-idle'], /one of --nodes LIST and --all-idle is needed, received both/],
    [['--nodes', 'n1', '--minutes', '2'], /--minutes: received 2/],
    [['--nodes', 'n1', '--name', 'a b'], /--name: received "a b"/],
    [['--nodes', 'n1', '--results', '/a b'], /--results: received/],
  ] as const)('%j is refused', async ([argv, says]) => expect(printed(...argv)).rejects.toThrow(says))
})
