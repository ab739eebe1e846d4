import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import { type CudaAction, loadDriver } from '../../cuda/driver.ts'
import { describeError } from '../../cuda/errors.ts'
import { commandName, innerPid, processTree } from '../../host/processes.ts'

/**
 * A recipe's CUDA agent: has done cuInit and waits at a Unix socket, so that a restore need not. `pid` is the host's of
 * the container's first process, `inner` the ids within it of its CUDA processes.
 *   POST /suspend?pid=1            GPU state to host memory; answers with `inner`
 *   POST /resume?pid=1&inner=5,9   back, of the processes that work on the GPU
 *   POST /rest?pid=1&inner=5,9     back, of the others
 */

/** vLLM's names of the processes that work on the GPU; its API server has a context and does nothing with it. */
const WORKERS = /^VLLM::(EngineCor|Worker)/
/** Seconds until a process that does not come to rest is left alone, and until restored ones must be seen. */
const [LOCK, ARRIVAL] = [20, 30]

const [socket = ''] = process.argv.slice(2)
const driver = loadDriver(process.env.CUDA_LIBRARY || 'libcuda.so.1')

async function all(action: CudaAction, pids: number[]): Promise<void> {
  const codes = await Promise.all(pids.map(pid => driver.act(action, pid, LOCK)))
  const failed = codes.flatMap((code, index) =>
    code === 0 ? [] : [`process ${pids[index]}: ${describeError(code, driver.errorName(code))}`],
  )
  if (failed.length > 0) throw new Error(`CUDA ${action} failed: ${failed.join('; ')}`)
}

/** The container's processes with those ids, workers apart, once all are there. */
async function arrived(pid: number, inner: number[]): Promise<{ workers: number[]; others: number[] }> {
  for (const began = performance.now(); performance.now() - began < ARRIVAL * 1000; ) {
    const found = processTree(pid).filter(one => inner.includes(innerPid(one)) && driver.state(one))
    if (found.length === inner.length) {
      const workers = found.filter(one => WORKERS.test(commandName(one)))
      return workers.length > 0
        ? { workers, others: found.filter(one => !workers.includes(one)) }
        : { workers: found, others: [] }
    }
    await new Promise(later => setTimeout(later, 1))
  }
  throw new Error(`not all of the ${inner.length} CUDA processes below ${pid} are there after ${ARRIVAL} s`)
}

async function answer({ pathname, searchParams }: URL): Promise<string> {
  const pid = Number(searchParams.get('pid'))
  const inner = (searchParams.get('inner') ?? '').split(',').filter(Boolean).map(Number)
  const back = async (pids: number[]) => {
    await all('restore', pids)
    await all('unlock', pids)
    return ''
  }
  switch (pathname) {
    case '/hello':
      return `CUDA ${driver.version}\n`
    case '/end':
      setTimeout(() => process.exit(0), 10)
      return ''
    case '/suspend': {
      const pids = processTree(pid).filter(one => driver.state(one))
      if (pids.length === 0) throw new Error(`no process below ${pid} holds CUDA state`)
      await all('lock', pids)
      await all('checkpoint', pids)
      return pids.map(innerPid).join(',')
    }
    case '/resume':
      return back((await arrived(pid, inner)).workers)
    case '/rest':
      return back((await arrived(pid, inner)).others)
    default:
      throw new Error(`unknown request ${pathname}`)
  }
}

createServer((request, response) => {
  answer(new URL(request.url ?? '/', 'http://agent')).then(
    text => response.end(text),
    (error: Error) => response.writeHead(500).end(`${error.message}\n`),
  )
}).listen(socket, () => chmodSync(socket, 0o600))
