/** Numbers as a reader wants them: enough digits to compare, none that mean nothing. All pure. */

/** Seconds without the unit: 0.014, 0.68, 12.4, 149. */
export function seconds(value: number): string {
  if (value === 0) return '0'
  if (value < 0.0005) return '<0.001'
  return value < 0.0995
    ? value.toFixed(3)
    : value < 9.995
      ? value.toFixed(2)
      : value < 99.95
        ? value.toFixed(1)
        : value.toFixed(0)
}

/** Seconds with three digits, as speedups have them, so that these can be worked out again: 0.187, 1.82, 57.5. */
export function exactSeconds(value: number): string {
  return value < 0.0005 ? seconds(value) : value < 9.995 ? value.toPrecision(3) : seconds(value)
}

/** Two values with a dash between them, such as 0.66–0.71. */
export function range(low: number, high: number): string {
  return `${seconds(low)}–${seconds(high)}`
}

/** A speedup: 0.29x, 2.10x, 33.1x. */
export function factor(value: number): string {
  return `${factorDigits(value)}x`
}

/** An interval of speedups: 0.28–0.30. */
export function factorRange([low, high]: readonly [number, number]): string {
  return `${factorDigits(low)}–${factorDigits(high)}`
}

function factorDigits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)
}

/** A share (0 to 1) as 5 %, or 0.4 % where it is small. */
export function percent(share: number): string {
  const value = share * 100
  return `${Math.abs(value) < 0.95 && value !== 0 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** A change with its sign: +12 %, -3 %. */
export function change(share: number): string {
  return `${share > 0 ? '+' : ''}${percent(share)}`
}

/** Bytes in powers of ten, as disks and buses are sold: 412 MB, 1.94 GB. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** power
  return `${power === 0 || scaled >= 99.95 ? scaled.toFixed(0) : scaled.toPrecision(3)} ${units[power]}`
}

/** A number of parameters as models are named: 500M, 1.5B, 3B. */
export function billions(value: number): string {
  return value < 1e9 ? `${Number((value / 1e6).toPrecision(3))}M` : `${Number((value / 1e9).toPrecision(2))}B`
}

/** 40 s, 3 min 20 s, 1 h 5 min. */
export function duration(value: number): string {
  const whole = Math.round(value)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 && whole < 600 ? ` ${whole % 60} s` : ''}`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`
}

/** One word, or several: `1 trial`, `3 trials`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`
}

/** 2026-11-24 03:31 UTC of an ISO time stamp. */
export function day(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`
}

/** What a target or a metric says, in its own unit. */
export function metricValue(metric: string, value: number): string {
  if (metric === 'speedup.p50' || metric === 'servers.slowdown') return factor(value)
  if (metric === 'tokens_match' || metric === 'servers.further_memory') return percent(value)
  return `${seconds(value)} s`
}

/** `<=` where less is better. */
export function metricSign(metric: string): '<=' | '>=' {
  return metric === 'speedup.p50' || metric === 'tokens_match' ? '>=' : '<='
}
