/** Camera and microphone: JPEG pictures at the model's rate, and sound in small pieces, on one clock. */

import { known } from "../problem.js";

const WIDTH = 640; // px of the pictures that are sent
const QUALITY = 0.8; // of JPEG
const REFUSED = {
  NotAllowedError: "The browser does not give camera and microphone to this page. Allow them (the sign beside the address), then press Start.",
  NotFoundError: "No camera or no microphone was found. Plug one in, then press Start.",
  NotReadableError: "Camera or microphone is used by another program. Close it, then press Start.",
};

export class Capture {
  constructor(video) {
    this.video = video;
    this.skipped = 0;
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
  async start({ sample_rate: sampleRate, tick_rate: tickRate = 12.5 }, stream) {
    this.stream = stream;
    this.context = new AudioContext({ sampleRate });
    await this.context.audioWorklet.addModule(new URL("./pcm.js", import.meta.url));
    const pieces = new AudioWorkletNode(this.context, "pieces", { numberOfOutputs: 0 });
    pieces.port.onmessage = ({ data }) => this.sound(data, sampleRate);
    this.zero = performance.now();
    this.context.createMediaStreamSource(this.media).connect(pieces);
    this.canvas = new OffscreenCanvas(WIDTH, WIDTH);
    this.least = 1 / tickRate;
    this.last = -1;
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
      if (time < 0 || time - this.last < this.least * 0.9) return;
      if (this.busy || !this.stream.ready) {
        this.skipped += 1;
        return;
      }
      this.last = time;
      this.picture(time);
    });
  }

  async picture(time) {
    this.busy = true;
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, WIDTH / videoWidth);
    this.canvas.width = Math.round(videoWidth * scale);
    this.canvas.height = Math.round(videoHeight * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const blob = await this.canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    this.stream.picture(time, await blob.arrayBuffer());
    this.busy = false;
  }

  /** Let go of the devices. */
  end() {
    if (this.wanted) this.video.cancelVideoFrameCallback(this.wanted);
    this.media?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.video.srcObject = this.media = this.context = this.wanted = null;
  }
}
