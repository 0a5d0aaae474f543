/** Camera and microphone: JPEG pictures at the model's rate, and sound in small pieces, on one clock. */

import { known } from "../problem.js";

const WIDTH = 640; // px, at most
const QUALITY = 0.8; // of JPEG
const REFUSED = {
  NotAllowedError: "The browser does not give camera and microphone to this page. Allow them (the sign beside the address), then press Start.",
  NotFoundError: "No camera or no microphone was found. Plug one in, then press Start.",
  NotReadableError: "Camera or microphone is used by another program. Close it, then press Start.",
};

export class Capture {
  constructor(video) {
    this.video = video;
    this.sent = 0; // pictures
  }

  /** Ask for the devices, and show the camera. */
  async open() {
    if (!navigator.mediaDevices) throw known("Browsers give camera and microphone only to https pages and to this machine. Open the page as http://localhost.");
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    try {
      this.media = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH }, frameRate: { ideal: 30 } }, audio: raw });
    } catch (error) {
      throw known(REFUSED[error.name] ?? `Camera and microphone cannot be used: ${error.message}`);
    }
    this.video.srcObject = this.media;
    await this.video.play();
  }

  /** Seconds on the stream's clock. */
  now() {
    return (performance.now() - this.zero) / 1000;
  }

  /** Send from now on. */
  async start({ sample_rate: sampleRate, tick_rate: tickRate }, stream) {
    this.stream = stream;
    this.context = new AudioContext({ sampleRate });
    await this.context.audioWorklet.addModule(new URL("./pcm.js", import.meta.url));
    const pieces = new AudioWorkletNode(this.context, "pieces", { numberOfOutputs: 0 });
    pieces.port.onmessage = ({ data }) => this.sound(data, sampleRate);
    this.zero = performance.now();
    this.context.createMediaStreamSource(this.media).connect(pieces);
    this.canvas = document.createElement("canvas");
    this.tickRate = tickRate;
    this.tick = -1;
    this.look();
  }

  sound({ at, samples }, sampleRate) {
    // the first piece ties the sound's clock to the page's; from then on samples count
    this.soundZero ??= Math.max(this.now() - samples.length / sampleRate, 0) - at;
    this.stream.sound(this.soundZero + at, samples);
  }

  look() {
    this.wanted = this.video.requestVideoFrameCallback((now, { captureTime }) => {
      this.look();
      const time = ((captureTime ?? now) - this.zero) / 1000;
      const tick = Math.floor(time * this.tickRate - 0.5); // the server looks at the first from a tick's middle on
      if (tick === this.tick || time < 0 || !this.stream.ready) return;
      this.tick = tick;
      this.picture(time);
    });
  }

  /** Encode and send the picture on show, at once: `toBlob` would wait until the browser has nothing else to do. */
  picture(time) {
    const { video, canvas } = this;
    const scale = Math.min(1, WIDTH / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    this.stream.picture(time, decoded(canvas.toDataURL("image/jpeg", QUALITY)));
    this.sent += 1;
  }

  /** Let go of the devices. */
  end() {
    if (this.wanted) this.video.cancelVideoFrameCallback(this.wanted);
    this.media?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.video.srcObject = this.media = this.context = this.wanted = null;
  }
}

/** The bytes in a data: address. */
function decoded(address) {
  const text = atob(address.slice(address.indexOf(",") + 1));
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = text.charCodeAt(place);
  return bytes;
}
