// Records with the browser's camera and microphone. Nothing leaves the browser before "Analyse this recording".

const FORMS = {
  video: ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"],
  audio: ["audio/webm;codecs=opus", "audio/webm", "audio/mp4"],
};
const NAMES = { "video/webm": "recording.webm", "audio/webm": "recording.webm", "video/mp4": "recording.mp4", "audio/mp4": "recording.m4a" };
const REFUSED = {
  NotAllowedError: "The browser was not allowed to use them. Allow camera and microphone for this page, then try again.",
  NotFoundError: "No camera or microphone was found. Connect one, or choose sound alone.",
  NotReadableError: "Another program uses the camera or the microphone. Close it, then try again.",
};

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

class Recorder {
  constructor(root) {
    this.root = root.querySelector(".recorder");
    this.find = (selector) => this.root.querySelector(selector);
    this.video = this.find("video");
    this.abort = new AbortController();
    this.wishes = 0;
    const actions = { open: () => this.open(), record: () => this.record(), stop: () => this.stop(), again: () => this.again(), send: () => this.send() };
    this.root.querySelectorAll("[data-do]").forEach((key) => this.on(key, "click", actions[key.dataset.do]));
    this.root.querySelectorAll("[name=what]").forEach((choice) => this.on(choice, "change", () => this.again()));
    this.show("idle");
  }

  on(node, event, handler) {
    node.addEventListener(event, handler, { signal: this.abort.signal });
  }

  get what() {
    return this.find("[name=what]:checked").value;
  }

  show(state) {
    this.root.dataset.state = state;
    const keys = { idle: ["open"], ready: ["record"], recording: ["stop"], done: ["again", "send"], sending: ["send"] }[state];
    this.root.querySelectorAll("[data-do]").forEach((key) => { key.hidden = !keys.includes(key.dataset.do); });
    this.find("[data-do=send]").disabled = state === "sending";
    this.find(".source").disabled = state === "recording" || state === "sending";
    this.find(".clock").hidden = state !== "recording";
    const hints = { idle: "Nothing is recorded yet.", ready: this.what === "audio" ? "The microphone is open." : "", recording: this.what === "audio" ? "Recording sound" : "" };
    this.find(".hint").textContent = hints[state] || "";
    this.video.hidden = this.what === "audio" && state !== "done" && state !== "sending";
  }

  say(text, wrong = false) {
    this.find(".said").textContent = text;
    this.find(".said").classList.toggle("wrong", wrong);
  }

  async open() {
    if (!navigator.mediaDevices || !window.MediaRecorder) {
      this.say("This browser gives no camera or microphone to this page. It does so over HTTPS, and on the computer that the server runs on.", true);
      return;
    }
    this.say("");
    this.close();
    this.wishes += 1;
    const wish = this.wishes;
    try {
      const picture = this.what === "video" ? { width: { ideal: 1280 }, height: { ideal: 720 } } : false;
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: picture });
      // While the browser asked, the page may have gone or something else been chosen: nothing stays open unseen.
      if (wish !== this.wishes || this.abort.signal.aborted) {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      this.stream = stream;
    } catch (problem) {
      if (wish === this.wishes) this.say(REFUSED[problem.name] || `Camera and microphone cannot be opened: ${problem.message}`, true);
      return;
    }
    if (this.what === "video") {
      this.video.srcObject = this.stream;
      this.video.muted = true;
      this.video.controls = false;
      await this.video.play();
    }
    this.show("ready");
    this.find("[data-do=record]").focus();
  }

  record() {
    const form = FORMS[this.what].find((one) => MediaRecorder.isTypeSupported(one));
    this.parts = [];
    this.bytes = 0;
    this.recorder = new MediaRecorder(this.stream, form ? { mimeType: form } : {});
    this.recorder.ondataavailable = (event) => this.take(event.data);
    this.recorder.onstop = () => this.preview();
    this.recorder.start(1000);
    this.began = performance.now();
    this.ticking = setInterval(() => this.tick(), 200);
    this.show("recording");
    this.tick();
    this.find("[data-do=stop]").focus();
  }

  take(part) {
    this.parts.push(part);
    this.bytes += part.size;
    if (this.bytes > this.data.most_bytes) this.stop("The recording has reached the largest size and was stopped.");
  }

  tick() {
    const seconds = (performance.now() - this.began) / 1000;
    this.find(".clock output").textContent = minutes(seconds);
    this.find(".limit").textContent = `of at most ${minutes(this.data.most_s)}`;
    if (seconds >= this.data.most_s) this.stop("The recording has reached the longest time and was stopped.");
  }

  stop(reason = "") {
    clearInterval(this.ticking);
    if (this.recorder && this.recorder.state !== "inactive") this.recorder.stop();
    this.say(typeof reason === "string" ? reason : "");
  }

  preview() {
    this.close();
    this.blob = new Blob(this.parts, { type: this.recorder.mimeType });
    this.forget();
    this.link = URL.createObjectURL(this.blob);
    this.video.srcObject = null;
    this.video.src = this.link;
    this.video.muted = false;
    this.video.controls = true;
    this.show("done");
    if (!this.find(".said").textContent) this.say("Play it. Nothing has left this browser yet.");
    this.find("[data-do=send]").focus();
  }

  async send() {
    this.show("sending");
    this.say("Sending the recording");
    try {
      const answer = await fetch(this.data.url, { method: "POST", body: this.blob, headers: { "x-erc-recording": "1" } });
      const found = await answer.json().catch(() => ({})); // a proxy answers with a page of its own
      if (!answer.ok) throw new Error(found.error || `The server answered ${answer.status}.`);
      this.say("Sent.");
      const form = this.blob.type.split(";")[0];
      this.post("recorded", { sha256: found.sha256, name: NAMES[form] || "recording" });
    } catch (problem) {
      this.show("done");
      this.say(`The recording was not taken: ${problem.message.replace(/\.?$/, ".")} It is still here: try again.`, true);
    }
  }

  again() {
    this.wishes += 1;
    this.stop();
    this.close();
    this.forget();
    this.video.removeAttribute("src");
    this.video.srcObject = null;
    this.video.load();
    this.say("");
    this.show("idle");
  }

  close() {
    if (this.stream) this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  forget() {
    if (this.link) URL.revokeObjectURL(this.link);
    this.link = null;
  }

  update(data, post) {
    this.data = data;
    this.post = post;
  }

  destroy() {
    if (this.recorder) this.recorder.onstop = null;
    this.stop();
    this.abort.abort();
    this.close();
    this.forget();
  }
}

const recorders = new WeakMap();

export default function recorder({ data, parentElement, setTriggerValue }) {
  if (!recorders.has(parentElement)) recorders.set(parentElement, new Recorder(parentElement));
  const here = recorders.get(parentElement);
  here.update(data, setTriggerValue);
  return () => {
    here.destroy();
    recorders.delete(parentElement);
  };
}
