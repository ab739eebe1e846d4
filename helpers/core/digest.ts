import { createHash } from 'node:crypto'

/** The first digits of a SHA-256, to tell whether something is the same. */
export const digest = (content: string | Buffer, digits = 12): string =>
  createHash('sha256').update(content).digest('hex').slice(0, digits)
