import { EXIT, Problem } from '../../core/problem.ts'

/** For schedulers that know no more than three ends of a job. All pure. */

export type NodeOutcome = 'pass' | 'fail' | 'skip'
const OUTCOMES: NodeOutcome[] = ['pass', 'fail', 'skip']
const FORM = 'pass=0,fail=1,skip=77 (each once, 0 to 255, the code of pass for pass alone)'

/** Host unusable and nothing measured say nothing about the node's speed: skip, which is no pass. */
export function outcomeOf(code: number): NodeOutcome {
  if (code === EXIT.ok) return 'pass'
  return code === EXIT.unusable || code === EXIT.nothingMeasured ? 'skip' : 'fail'
}

/** `EXIT_CODES` as a function of the suite's exit code; without it codes stay. @throws Problem */
export function exitMap(text: string | undefined): (code: number) => number {
  if (!text) return code => code
  const pairs = text.split(/[\s,]+/).map(word => /^(pass|fail|skip)=(\d{1,3})$/.exec(word))
  const codes = new Map(pairs.flatMap(pair => (pair ? [[pair[1] as NodeOutcome, Number(pair[2])] as const] : [])))
  const whole = pairs.length === OUTCOMES.length && OUTCOMES.every(name => codes.has(name))
  const right = [...codes.values()].every(code => code <= 255)
  const pass = codes.get('pass')
  if (!whole || !right || codes.get('fail') === pass || codes.get('skip') === pass)
    throw new Problem(`EXIT_CODES: received ${JSON.stringify(text)}, wanted as in ${FORM}`)
  return code => codes.get(outcomeOf(code))!
}
