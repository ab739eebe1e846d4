import { Problem } from '../../core/problem.ts'

/**
 * Slurm's way to write many hosts: `n[1-3,7],gpu-[08-10]`, as whole names. Pure.
 * @throws Problem where it is none
 */
export function hostList(text: string): string[] {
  const words = text.match(/(?:[^,[\]]|\[[^[\]]*\])+/g) ?? []
  if (words.length === 0 || words.join(',') !== text || !words.every(word => HOST.test(word))) throw wrong(text)
  return [...new Set(words.flatMap(word => expanded(word, text)))]
}

const HOST = /^\w[\w.-]*(\[[\d,-]+\][\w.-]*)*$|^\[[\d,-]+\][\w.-]*$/

function expanded(word: string, whole: string): string[] {
  const [, before, inside, after] = /^([^[]*)\[([^\]]*)\](.*)$/.exec(word) ?? []
  if (inside === undefined) return [word]
  const numbers = inside.split(',').flatMap(part => range(part, whole))
  return numbers.flatMap(number => expanded(after!, whole).map(rest => `${before}${number}${rest}`))
}

/** `08-10` is 08, 09, 10. */
function range(part: string, whole: string): string[] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
  const length = Number(last) - Number(first) + 1
  if (first === undefined || !(length > 0 && length <= 100_000)) throw wrong(whole)
  return Array.from({ length }, (_, index) => String(Number(first) + index).padStart(first.length, '0'))
}

const wrong = (text: string) =>
  new Problem(`--nodes: received ${JSON.stringify(text)}, wanted names as Slurm writes them, such as n[1-3],gpu-7`)
