/** The user's own files, by the id of their prediction. They stay in this tab: the video is played from them. */

const files = new Map();

export function keepFile(id, file) {
  files.set(id, file);
}

export function fileOf(id) {
  return files.get(id) ?? null;
}

export function forgetFile(id) {
  files.delete(id);
}
