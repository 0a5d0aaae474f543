/** Talk to the server: JSON in and out, uploads, and one kind of error. A login is a cookie that scripts never see. */

const JSON_TYPE = "application/json";
const UNREACHABLE = "The server does not answer. Is “avaffect serve” still running? Start it again, then try once more.";

/** An error whose message says what to do; `status` is HTTP's, 0 if no answer came. */
export class ApiError extends Error {
  constructor(message, status, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

function errorFrom(status, text, retryAfter) {
  let detail = "";
  try {
    detail = JSON.parse(text).detail;
  } catch {
    // not JSON: the status alone
  }
  return new ApiError(detail || `The server answered ${status}. Try again.`, status, retryAfter);
}

/** JSON from the server, or a Blob of another type that is asked for; `json` is sent as the body. */
export async function request(path, { method = "GET", json, body, signal, accept = JSON_TYPE } = {}) {
  const headers = { Accept: accept };
  if (json !== undefined) headers["Content-Type"] = JSON_TYPE;
  let response;
  try {
    response = await fetch(path, { method, headers, signal, body: json === undefined ? body : JSON.stringify(json) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE, 0);
  }
  if (response.ok && accept !== JSON_TYPE) return response.blob();
  const text = await response.text();
  if (!response.ok) throw errorFrom(response.status, text, response.headers.get("Retry-After"));
  return text ? JSON.parse(text) : null;
}

/** All predictions of this server, newest first. */
export async function predictions() {
  return (await request("/v1/predictions")).predictions.reverse();
}

/** Show the server's token once; the browser then keeps a login. */
export function logIn(token) {
  return request("/v1/session", { method: "POST", body: new URLSearchParams({ token }) });
}

/**
 * Send a recording. XMLHttpRequest, because fetch does not tell how much has been sent.
 * @param {FormData} form
 * @param {(share: number) => void} onProgress from 0 to 1
 * @param {AbortSignal} signal
 */
export function upload(path, form, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", path);
    sending.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    sending.onerror = () => reject(new ApiError(UNREACHABLE, 0));
    sending.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    sending.onload = () => {
      if (sending.status < 300) resolve(JSON.parse(sending.responseText));
      else reject(errorFrom(sending.status, sending.responseText, sending.getResponseHeader("Retry-After")));
    };
    signal.addEventListener("abort", () => sending.abort());
    sending.send(form);
  });
}
