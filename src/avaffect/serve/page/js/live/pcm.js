/** In the audio thread: the microphone's samples, mixed to one channel, in pieces of 40 ms. */

const PIECE = 0.04; // seconds

class Pieces extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Float32Array(Math.round(PIECE * sampleRate));
    this.filled = 0;
    this.sent = 0;
  }

  process([channels]) {
    if (!channels.length) return true;
    for (let place = 0; place < channels[0].length; place += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[place];
      this.samples[this.filled] = sum / channels.length;
      this.filled += 1;
      if (this.filled === this.samples.length) this.post();
    }
    return true;
  }

  post() {
    this.port.postMessage({ at: this.sent / sampleRate, samples: this.samples.slice() });
    this.sent += this.samples.length;
    this.filled = 0;
  }
}

registerProcessor("pieces", Pieces);
