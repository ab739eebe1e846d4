/**
 * Seconds from one attempt to the next. The moment of the first good answer is the measurement: where nobody listens
 * yet an attempt costs nothing, and a server that says it is loading is asked often enough (limit: 5 ms). One that
 * keeps giving a wrong answer is asked less and less.
 */
const NOBODY = 0.001
const LOADING = 0.003
const RARE = 0.1
const GROWTH = 1.25

/** Statuses with which a server, or a gateway before it, says that it is not ready yet. */
const NOT_READY = [502, 503, 504]

/** The time between two attempts above which the moment of the answer is known less well than it should be. */
export const COARSE = 0.02

/**
 * The interval after an attempt that brought no token.
 * @param interval the one before
 * @param ending undefined where nobody answered
 */
export function nextInterval(interval: number, ending?: { definite: boolean; status?: number | undefined }): number {
  if (ending?.status !== undefined && NOT_READY.includes(ending.status)) return LOADING
  return ending?.definite ? Math.min(RARE, Math.max(NOBODY, interval) * GROWTH) : NOBODY
}
