import { calibrate, milliseconds, readProberFigure } from '../prober/calibration/calibrate.ts'
import { missing, ok, type Step } from './step.ts'

/**
 * Seconds of error that no host has for itself: something else ran on it. Seen: worst 0.004 s idle, 0.27 s beside 12
 * busy cores.
 */
const BUSY = 0.05

/** A median needs no more; the worst of more tries is for `npm run calibrate`. */
const TRIES = 60

/** The prober's own error, measured once on each host, so that every report can carry it. */
export const prober: Step = {
  name: 'prober',
  async probe({ stateDir }) {
    const figure = readProberFigure(stateDir)
    if (!figure) return missing('its error has not been measured yet', 'npm run calibrate')
    return ok(
      `median error ${milliseconds(figure.median)}, worst ${milliseconds(figure.worst)}`,
      figure.worst > BUSY ? 'the host was busy while it was measured: npm run calibrate once it is idle' : undefined,
    )
  },
  async make({ stateDir }, say) {
    say('measuring its error with a server whose times are known, about ten seconds')
    await calibrate(stateDir, TRIES, () => {})
  },
}
