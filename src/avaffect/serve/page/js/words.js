/** Times, numbers and levels in plain words. */

/** Seconds as m:ss.s, or h:mm:ss from an hour on. */
export function clock(seconds, decimals = 1) {
  const scale = 10 ** decimals;
  const whole = Math.round(Math.max(seconds, 0) * scale) / scale;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = (whole % 60).toFixed(hours ? 0 : decimals);
  const padded = rest.split(".")[0].length < 2 ? `0${rest}` : rest;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

/** What somebody types for a time: 83.5, 1:23.5 or 0:01:23. NaN if it is none. */
export function parseClock(text) {
  const parts = text.trim().split(":");
  if (parts.length > 3 || parts.some((part) => !/^\d+([.,]\d+)?$/.test(part))) return NaN;
  return parts.reduce((total, part) => total * 60 + Number(part.replace(",", ".")), 0);
}

/** A value with its sign and two decimals; "–" where there is none. */
export function signed(value) {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toFixed(2);
  return (value < 0 && Number(text) !== 0 ? "−" : "+") + text;
}

/** An interval in two numbers. */
export function interval(low, high) {
  return Number.isFinite(low) && Number.isFinite(high) ? `${signed(low)} to ${signed(high)}` : "–";
}

export function percent(share) {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : "–";
}

/** Seconds still to wait, as people say it. */
export function timeLeft(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return "a few seconds left";
  if (seconds < 90) return `${Math.round(seconds)} seconds left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes left`;
  return `${(seconds / 3600).toFixed(1)} hours left`;
}

/** When something happened, as this reader's place writes it; seconds since 1970. */
export function when(seconds) {
  return new Date(1000 * seconds).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function fileSize(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

// the cuts of docs/trace.md: a choice, not a standard
const CUTS = [-0.65, -0.35, -0.1, 0.1, 0.35, 0.65];
const LEVELS = {
  valence: ["very unpleasant", "unpleasant", "mildly unpleasant", "neutral", "mildly pleasant", "pleasant", "very pleasant"],
  arousal: ["very calm", "calm", "fairly calm", "medium activation", "slightly activated", "activated", "highly activated"],
};

/** A value of valence or arousal in words. */
export function level(target, value) {
  if (!Number.isFinite(value)) return "no prediction";
  return LEVELS[target][CUTS.filter((cut) => value >= cut).length];
}
