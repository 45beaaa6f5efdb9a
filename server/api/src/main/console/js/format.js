// Numbers, times and sizes as people read them.

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** 1,234 and, from a hundred thousand on, 123.5K. */
export function count(value) {
  return value >= 100_000 ? short.format(value) : plain.format(value);
}

/** A rate with as many digits as help: 0, 0.4, 12.3, 480. */
export function rate(value) {
  if (!Number.isFinite(value)) {
    return '–';
  }
  return value === 0 ? '0' : value < 100 ? value.toFixed(1) : count(value);
}

/** 12 µs, 3.4 ms, 820 ms, 4 min. */
export function duration(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) {
    return '–';
  }
  if (seconds === 0) {
    return '0';
  }
  if (seconds < 0.001) {
    return `${Math.round(seconds * 1e6)} µs`;
  }
  if (seconds < 0.1) {
    return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  }
  if (seconds < 1) {
    return `${Math.round(seconds * 1e3)} ms`;
  }
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : age(seconds);
}

/** 8 s, 12 min, 3 h 20 min, 5 d 2 h. */
export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  }
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
}

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** A share of a whole; a dash where there is no whole. */
export function percent(part, whole) {
  if (part === 0 && whole > 0) {
    return '0 %';
  }
  return whole > 0 ? `${((100 * part) / whole).toFixed(part / whole < 0.1 ? 1 : 0)} %` : '–';
}

/** The first digits of a digest or key. */
export function brief(hex) {
  return hex.length > 16 ? `${hex.slice(0, 12)}…` : hex;
}

/** "in 12 d", "2 h ago". */
export function fromNow(seconds, now = Date.now() / 1000) {
  const away = seconds - now;
  if (Math.abs(away) < 2) {
    return 'now';
  }
  return away > 0 ? `in ${age(away)}` : `${age(-away)} ago`;
}

export function day(iso) {
  return new Date(iso).toISOString().slice(0, 10);
}
