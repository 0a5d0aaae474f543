/** The WebSocket of a live reading: pictures and sound out, ticks back. */

import { ApiError } from "../api.js";
import { known } from "../problem.js";

const PICTURE = 0;
const SOUND = 1;
const HEAD = 9; // bytes before the payload: the kind, the time in seconds as float64
const MOST_WAITING = 1e6; // bytes that may wait to be sent; beyond that pictures are left out
const GONE = "The connection to the server was lost. Check that it still runs, then press Start.";
const POLICY = 1008; // code of a connection that is not let in

export class Stream {
  /** @param {{ticks: (answer: Object) => void, closed: (error: Error) => void}} told */
  constructor(told) {
    this.told = told;
    this.saved = null;
  }

  /** Connect; gives the server's greeting: its model, lag, rates. It comes once the model is loaded. */
  open() {
    const address = new URL("/v1/stream", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    return new Promise((resolve, reject) => {
      const take = {
        hello: resolve,
        ticks: (message) => this.told.ticks(message),
        saved: ({ id }) => (this.saved = id),
        error: ({ detail }) => (this.error = new ApiError(detail, 0)),
      };
      this.socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        take[message.type](message);
      };
      this.socket.onclose = ({ code }) => {
        const error = this.error ?? (code === POLICY ? new ApiError("A token is needed", 401) : known(GONE));
        reject(error);
        if (this.finished) this.finished(this.saved);
        else this.told.closed(error);
      };
    });
  }

  /** Whether there is room for another picture. */
  get ready() {
    return this.socket.readyState === WebSocket.OPEN && this.socket.bufferedAmount < MOST_WAITING;
  }

  picture(time, bytes) {
    this.send(PICTURE, time, bytes);
  }

  sound(time, samples) {
    this.send(SOUND, time, new Uint8Array(samples.buffer));
  }

  send(kind, time, payload) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const message = new Uint8Array(HEAD + payload.length);
    message[0] = kind;
    new DataView(message.buffer).setFloat64(1, time, true);
    message.set(payload, HEAD);
    this.socket.send(message);
  }

  /** Ask for the end; gives the id of what was saved, or null. */
  stop(save) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.finished = resolve; // once the server has closed
      this.socket.send(JSON.stringify({ type: "stop", save }));
    });
  }

  end() {
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}
