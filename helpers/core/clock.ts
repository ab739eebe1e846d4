/** The one clock of a run: monotonic, in seconds. */
export const now = (): number => performance.now() / 1000

/**
 * How far the wall clock stands from the monotonic one, in seconds. It changes only where somebody sets the clock:
 * a daemon that slows it or speeds it up does so to both. The closest of a few readings: this process may lose its
 * turn between two clocks.
 */
export function wallClockOffset(): number {
  const readings = Array.from({ length: 5 }, () => {
    const before = performance.now()
    const wall = Date.now()
    return { offset: wall - before, took: performance.now() - before }
  })
  return readings.reduce((best, reading) => (reading.took < best.took ? reading : best)).offset / 1000
}

/**
 * Wall-clock time, in milliseconds since 1970, on the monotonic clock in seconds. Good to about 0.1 ms, as long as
 * nobody sets the wall clock in between: so it is asked anew for every trial.
 */
export function fromWallClock(milliseconds: number): number {
  return now() - (wallClock() - milliseconds) / 1000
}

/**
 * Date.now() with the fraction that performance.now() knows, re-anchored at each call so that a clock that
 * was set is followed.
 */
function wallClock(): number {
  const drift = Date.now() - (performance.timeOrigin + performance.now())
  return Math.abs(drift) < 2 ? performance.timeOrigin + performance.now() : Date.now()
}

/** Resolves after `seconds`; at once where the signal is aborted. */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, seconds * 1000)
    signal?.addEventListener('abort', done, { once: true })
  })
}
