import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { markedWithOutput, newMark } from './marked.ts'

/** A shell that starts a child, says its number and ends. */
async function orphan(mark: Record<string, string>, redirection: string): Promise<number> {
  const script = `sleep 600 ${redirection} & echo $!`
  const shell = spawn('/bin/sh', ['-c', script], {
    env: { ...process.env, ...mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(line)
  onTestFinished(() => void process.kill(pid, 'SIGKILL'))
  await once(shell, 'exit')
  return pid
}

test('whoever has the output of a program that has ended; nobody without it, nobody of another one', async () => {
  const mark = newMark()
  const keeper = await orphan(mark, '')
  await orphan(mark, '> /dev/null 2>&1')
  await orphan(newMark(), '')
  await expect.poll(() => markedWithOutput(mark)).toEqual([keeper])
})
