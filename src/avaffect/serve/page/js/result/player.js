/** One playhead for everything: bound to the user's video or sound, or to a clock of its own without one. */

/** Fires "time" while it moves, "state" when it plays, pauses or gets another medium. */
export class Player extends EventTarget {
  /** @param {number} duration seconds @param {number} frame seconds of one frame */
  constructor(duration, frame) {
    super();
    this.duration = duration;
    this.frame = frame;
    this.media = null;
    this.clock = 0;
    this.running = false;
    this.rate = 1;
    this.ticking = 0;
  }

  /** Play this <video> from now on, at the same place. */
  attach(media) {
    const at = this.time;
    this.pause();
    this.media = media;
    media.currentTime = at;
    media.playbackRate = this.rate;
    for (const name of ["play", "pause", "ended"]) media.addEventListener(name, () => this.changed());
    for (const name of ["seeked", "timeupdate"]) media.addEventListener(name, () => this.tell());
    this.changed();
  }

  /** Back to the clock: the medium cannot be played. */
  detach() {
    if (!this.media) return;
    this.clock = this.time;
    this.media = null;
    this.changed();
  }

  get time() {
    return this.media ? this.media.currentTime : this.clock;
  }

  get playing() {
    return this.media ? !this.media.paused && !this.media.ended : this.running;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.time >= this.duration - 0.02) this.seek(0);
    if (this.media) this.media.play().catch(() => this.changed());
    else {
      this.running = true;
      this.changed();
    }
  }

  pause() {
    if (this.media) this.media.pause();
    else if (this.running) {
      this.running = false;
      this.changed();
    }
  }

  seek(time) {
    const at = Math.min(Math.max(time, 0), this.duration);
    if (this.media) this.media.currentTime = at;
    else this.clock = at;
    this.tell();
  }

  by(seconds) {
    this.seek(this.time + seconds);
  }

  setRate(rate) {
    this.rate = rate;
    if (this.media) this.media.playbackRate = rate;
  }

  /** Stop everything; the player is not used again. */
  end() {
    this.pause();
    cancelAnimationFrame(this.ticking);
  }

  changed() {
    cancelAnimationFrame(this.ticking);
    this.dispatchEvent(new Event("state"));
    this.tell();
    if (this.playing) this.tick(performance.now());
  }

  tick(before) {
    this.ticking = requestAnimationFrame((now) => {
      if (!this.playing) return;
      if (!this.media) {
        this.clock = Math.min(this.clock + ((now - before) / 1000) * this.rate, this.duration);
        if (this.clock >= this.duration) this.running = false;
      }
      this.tell();
      if (this.playing) this.tick(now);
      else this.changed();
    });
  }

  tell() {
    this.dispatchEvent(new Event("time"));
  }
}
