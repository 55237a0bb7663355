// Recording in the browser, and large photos made smaller before they are sent. Without it a file is chosen as it is.
"use strict";

(() => {
  const PIXELS = 1280;
  const MOST_BYTES = 190 * 1024;

  // A photo of a phone is far larger than a picture for phones: it is drawn anew, which also turns it upright.

  async function smaller(file) {
    const drawn = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, PIXELS / Math.max(drawn.width, drawn.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(drawn.width * scale);
    canvas.height = Math.round(drawn.height * scale);
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
    for (const quality of [0.85, 0.7, 0.5, 0.35]) {
      const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (made && made.size <= MOST_BYTES) return made;
    }
    return null;
  }

  function put(input, blob, name) {
    const files = new DataTransfer();
    files.items.add(new File([blob], name, { type: blob.type }));
    input.files = files.files;
  }

  for (const form of document.querySelectorAll("form[data-shrink]")) {
    const input = form.elements.file;
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file || !/^image\/(png|jpeg)$/.test(file.type) || file.size <= MOST_BYTES) return;
      const made = await smaller(file).catch(() => null);
      if (made) put(input, made, "photo.jpg");
    });
    const name = form.elements.name;
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (file && !name.value) name.value = file.name.toLowerCase().replace(/\.[^.]*$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50);
    });
  }

  // Recording

  const form = document.getElementById("recorder");
  const KINDS = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus"];
  const kind = window.MediaRecorder && KINDS.find((one) => MediaRecorder.isTypeSupported(one));
  if (!form || !kind || !navigator.mediaDevices) return;

  const [start, stop, listen, time] = ["start", "stop", "listen", "time"].map((id) => document.getElementById(id));
  const longest = Number(form.dataset.longest);
  let recorder = null;
  let made = null;
  let begun = 0;
  document.getElementById("recording").hidden = false;

  function tick() {
    if (!recorder || recorder.state !== "recording") return;
    const seconds = Math.floor((Date.now() - begun) / 1000);
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= longest) recorder.stop();
    else setTimeout(tick, 200);
  }

  start.addEventListener("click", async () => {
    const stream = await navigator.mediaDevices
      .getUserMedia({ audio: { channelCount: 1, noiseSuppression: true, autoGainControl: true } })
      .catch(() => null);
    document.getElementById("no-microphone").hidden = stream !== null;
    if (!stream) return;
    const pieces = [];
    recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 32000 });
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      made = new Blob(pieces, { type: kind.split(";")[0] });
      put(form.elements.file, made, kind.includes("ogg") ? "recording.ogg" : "recording.webm");
      start.hidden = listen.hidden = false;
      start.textContent = start.dataset.again;
      stop.hidden = true;
    });
    recorder.start();
    begun = Date.now();
    start.hidden = listen.hidden = true;
    stop.hidden = false;
    tick();
  });

  stop.addEventListener("click", () => recorder && recorder.state === "recording" && recorder.stop());

  listen.addEventListener("click", async () => {
    const context = new (window.AudioContext || window.webkitAudioContext)();
    const sound = context.createBufferSource();
    sound.buffer = await context.decodeAudioData(await made.arrayBuffer());
    sound.connect(context.destination);
    sound.start();
  });
})();
