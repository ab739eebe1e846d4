import { expect, test } from 'vitest'
import { checkMakeable, isMakeable } from './makeable.ts'

test.for(['/proc', '/proc/x', '/proc/self/fd/x', '/tmp/../proc/x'])('nothing can be made at %s', path => expect(isMakeable(path)).toBe(false))
test.for(['/process', '/tmp/proc/x', 'results', '/sys/x'])('%s is left to the system', path => expect(isMakeable(path)).toBe(true))
test('says what received it', () => expect(() => checkMakeable('--out', '/proc/x')).toThrow('--out: received "/proc/x", allowed is a path outside /proc'))
