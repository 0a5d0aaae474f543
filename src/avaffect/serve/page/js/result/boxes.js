/** Boxes around the faces, over the video. */

/** A canvas that lies over a <video> whose picture keeps its shape inside the element. */
export class Boxes {
  constructor(video, canvas) {
    this.video = video;
    this.canvas = canvas;
    this.shown = true;
  }

  draw(people, time) {
    const { video, canvas } = this;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.shown || !video.videoWidth) return;
    const zoom = Math.min(width / video.videoWidth, height / video.videoHeight);
    const left = (width - zoom * video.videoWidth) / 2;
    const top = (height - zoom * video.videoHeight) / 2;
    for (const person of people) {
      const row = person.rowAt(time);
      const [x1, y1, x2, y2] = ["face_x1", "face_y1", "face_x2", "face_y2"].map((name) => person.value(name, row));
      if (!Number.isFinite(x1)) continue;
      frame(context, person, left + zoom * x1, top + zoom * y1, zoom * (x2 - x1), zoom * (y2 - y1));
    }
  }
}

function frame(context, person, x, y, width, height) {
  context.lineWidth = 4;
  context.strokeStyle = "rgba(0,0,0,0.55)"; // seen on any picture
  context.strokeRect(x, y, width, height);
  context.lineWidth = 2;
  context.strokeStyle = person.colour;
  context.strokeRect(x, y, width, height);
  context.font = "600 13px system-ui, sans-serif";
  const wide = context.measureText(person.name).width + 10;
  const top = Math.max(y - 20, 0);
  context.fillStyle = "rgba(0,0,0,0.75)";
  context.fillRect(x, top, wide, 19);
  context.fillStyle = person.colour;
  context.fillRect(x, top, 4, 19);
  context.fillStyle = "#fff";
  context.fillText(person.name, x + 7, top + 14);
}
