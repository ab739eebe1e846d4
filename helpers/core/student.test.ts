import { describe, expect, it } from 'vitest'
import { logChoose, studentTail } from './student.ts'

describe("Student's t", () => {
  // Abramowitz and Stegun, table 26.10
  it.for([
    [6.314, 1, 0.05],
    [2.571, 5, 0.025],
    [4.144, 10, 0.001],
    [3.646, 30, 0.0005],
    [0, 7, 0.5],
  ] as const)('beyond %d with %d degrees of freedom: %d', ([t, freedom, tail]) => {
    expect(studentTail(t, freedom) / tail).toBeCloseTo(1, 2)
    expect(studentTail(-t, freedom)).toBeCloseTo(1 - tail, 4)
  })
  it('takes degrees that are no whole numbers, and an infinite value', () => {
    expect(studentTail(3, 5.5)).toBeGreaterThan(studentTail(3, 6))
    expect(studentTail(3, 5.5)).toBeLessThan(studentTail(3, 5))
    expect(studentTail(Number.POSITIVE_INFINITY, 4)).toBe(0)
  })
  it('counts subsets', () => expect(Math.exp(logChoose(52, 5))).toBeCloseTo(2_598_960, 1))
})
