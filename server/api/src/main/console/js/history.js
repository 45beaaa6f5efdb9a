// What happened between readings of /v1/status. The server's counters only grow: rates and
// percentiles are differences, taken over a few seconds so that they do not flicker.

/** Readings kept: five minutes at one a second. */
const MOST = 300;

/** Seconds that a rate or percentile is taken over. */
const WINDOW = 8;

export class History {
  constructor() {
    this.readings = [];
    this.points = [];
  }

  /** Takes a reading; false if it is of another run of the server, which begins everything anew. */
  add(status) {
    const last = this.readings.at(-1);
    const anew = last && status.uptime_seconds < last.uptime_seconds;
    if (anew) {
      this.readings = [];
      this.points = [];
    }
    this.readings.push(status);
    if (this.readings.length > MOST) {
      this.readings.shift();
      this.points.shift();
    }
    this.points.push(this.point(status));
    return !anew;
  }

  /** The reading that the newest one is compared with. */
  before() {
    const last = this.readings.at(-1);
    return (
      this.readings.find((r) => last.uptime_seconds - r.uptime_seconds <= WINDOW) ??
      this.readings[0]
    );
  }

  point(now) {
    const then = this.before();
    const seconds = now.uptime_seconds - then.uptime_seconds;
    const perSecond = (of) => (seconds > 0 ? (of(now) - of(then)) / seconds : null);
    const share = (of, among) => {
      const all = among(now) - among(then);
      return all > 0 ? (of(now) - of(then)) / all : null;
    };
    const first = between(then, now, 'first_token');
    const next = between(then, now, 'next_token');
    const whole = between(then, now, 'whole');
    const bounds = now.latency.bounds_seconds;
    return {
      time: now.time,
      generated: perSecond((s) => s.tokens.generated),
      computed: perSecond((s) => s.tokens.prompt - s.tokens.cached),
      requests: perSecond((s) => s.requests.begun),
      running: now.batch.running,
      waiting: now.batch.waiting,
      cacheUsed: now.cache.blocks_used / now.cache.blocks_total,
      cacheHits: share(
        (s) => s.cache.hit_tokens,
        (s) => s.cache.queried_tokens,
      ),
      first50: percentile(bounds, first, 0.5),
      first95: percentile(bounds, first, 0.95),
      next50: percentile(bounds, next, 0.5),
      next95: percentile(bounds, next, 0.95),
      whole50: percentile(bounds, whole, 0.5),
      perStep: share(
        (s) => s.steps.sequences,
        (s) => s.steps.count,
      ),
    };
  }

  /** The newest point. */
  now() {
    return this.points.at(-1);
  }

  /** One field of all points, for a picture. */
  series(field) {
    return this.points.map((p) => p[field]);
  }

  times() {
    return this.points.map((p) => p.time);
  }

  /** Seconds by phase since the window began. */
  phases() {
    const last = this.readings.at(-1);
    const then = this.before();
    return Object.fromEntries(
      Object.entries(last.steps.seconds).map(([phase, seconds]) => [
        phase,
        Math.max(0, seconds - then.steps.seconds[phase]),
      ]),
    );
  }
}

function between(then, now, field) {
  const before = then.latency[field].counts;
  return now.latency[field].counts.map((value, i) => value - before[i]);
}

/**
 * A percentile of counts between bounds, in the middle of its bound's range by the logarithm; null
 * if there is nothing.
 */
export function percentile(bounds, counts, share) {
  const all = counts.reduce((a, b) => a + b, 0);
  if (all === 0) {
    return null;
  }
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > 0 && below + counts[i] >= share * all) {
      const high = bounds[Math.min(i, bounds.length - 1)];
      const low = i === 0 ? high / 2 : bounds[Math.min(i, bounds.length) - 1];
      const within = (share * all - below) / counts[i];
      return low * (high / low) ** within;
    }
    below += counts[i];
  }
  return bounds.at(-1);
}
