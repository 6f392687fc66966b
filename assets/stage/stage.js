// The stage: owns playback, the lanes and the playhead. Python sends the data once and hears of picks only.

const KEYBOARD_PAUSE_MS = 250; // several arrow presses in a row are one pick

class Stage {
  constructor(root) {
    this.root = root.querySelector(".stage");
    this.find = (selector) => this.root.querySelector(selector);
    this.video = this.find("video");
    this.data = null;
    this.zoom = 1;
    this.now = 0;
    this.picks = 0;
    this.asked = 0;
    this.facesOn = true;
    this.abort = new AbortController();
    this.listen();
    this.resize = new ResizeObserver(() => this.data && this.draw());
    this.resize.observe(this.root);
  }

  on(node, event, handler) {
    node.addEventListener(event, handler, { signal: this.abort.signal });
  }

  listen() {
    const actions = { play: () => this.toggle(), previous: () => this.step(-1), next: () => this.step(1) };
    this.root.querySelectorAll("[data-do]").forEach((key) => this.on(key, "click", actions[key.dataset.do]));
    this.on(this.root, "keydown", (event) => this.key(event));
    ["play", "pause", "ended"].forEach((event) => this.on(this.video, event, () => this.playing()));
    ["seeked", "loadedmetadata", "timeupdate"].forEach((event) => this.on(this.video, event, () => this.tick()));
    this.on(this.video, "error", () => this.showProblem());
    this.on(this.video, "click", () => this.toggle());
    this.on(this.find(".zoom input"), "input", (event) => this.setZoom(Number(event.target.value)));
    this.on(this.find(".faces input"), "change", (event) => { this.facesOn = event.target.checked; this.drawFaces(); });
    this.on(this.find(".tables"), "toggle", () => this.tables());
    this.scrubbing();
  }

  update(data, post) {
    this.post = post;
    const fresh = !this.data || this.data.version !== data.version;
    const moved = !this.data || this.data.selected !== data.selected;
    const media = !this.data || this.data.media.sha256 !== data.media.sha256;
    this.data = data;
    if (media) this.load(data.media);
    if (fresh) this.rebuild();
    // What was drawn before the last pick was heard must not undo it; what comes after, such as a step back, may.
    if (this.pending && this.pending !== data.selected && !(data.answered >= this.asked)) return;
    const undone = this.pending && this.pending !== data.selected; // a step back that came before the pick's own answer
    this.pending = null;
    this.reported = data.selected;
    if (fresh || moved || undone) this.select(data.selected, media);
  }

  load(media) {
    this.now = 0;
    this.root.dataset.kind = media.kind;
    this.video.pause();
    this.find(".nomedia").hidden = media.kind !== "none";
    this.find(".nomedia").textContent = "No clip belongs to this conversation: only its words are shown.";
    if (media.url) this.video.src = media.url;
    else this.video.removeAttribute("src");
    this.zoom = this.fittingZoom();
    this.find(".zoom input").value = this.zoom;
  }

  showProblem() {
    if (!this.video.getAttribute("src")) return;
    this.find(".nomedia").hidden = false;
    this.find(".nomedia").textContent = "The clip cannot be played here. Reload the page; if it stays so, analyse the clip again.";
  }

  fittingZoom() {
    const lengths = this.data.utterances.map((u) => u.end_s - u.start_s).sort((a, b) => a - b);
    const typical = lengths[Math.floor(lengths.length / 2)] || this.data.duration_s;
    const width = Math.max(300, this.root.clientWidth - 110);
    return Math.min(12, Math.max(1, Math.round((2 * 44 * this.data.duration_s) / (typical * width)) / 2));
  }

  rebuild() {
    const { data } = this;
    this.find(".lanes").replaceChildren(...buildLanes(this, data, this.zoom));
    this.find(".legend").replaceChildren(...data.label_order.map((label) => chip(data.labels[label], data.labels[label].title)));
    this.find(".total").textContent = clock(data.duration_s);
    this.root.querySelectorAll("[data-do=play]").forEach((key) => { key.disabled = !data.media.url; });
    this.find(".faces").hidden = !data.faces || !data.faces.looks.length;
    this.shown = null;
    this.find(".tablebox").replaceChildren();
    this.tables();
    this.draw();
  }

  tables() {
    if (this.find(".tables").open && !this.find(".tablebox").childElementCount) fillTables(this.find(".tablebox"), this.data);
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.find(".lanes").replaceChildren(...buildLanes(this, this.data, zoom));
    this.mark();
    this.draw();
  }

  draw() {
    this.find(".lanes").style.setProperty("--zoom", this.zoom);
    const style = getComputedStyle(this.root);
    const [quiet, accent] = [style.getPropertyValue("--quiet"), style.getPropertyValue("--accent")];
    const wave = this.find(".wavecanvas");
    if (wave) drawWave(wave, this.data.envelope, quiet);
    if (this.data.media.kind === "audio" && this.data.envelope.length) {
      drawWave(this.find("canvas.sound"), this.data.envelope, quiet, accent, this.now / this.data.duration_s);
    }
    this.movePlayhead();
    this.drawFaces();
  }

  drawFaces() {
    const canvas = this.find("canvas.overlay");
    const { pen, width, height } = fitCanvas(canvas);
    if (!this.data.faces || !this.facesOn || this.data.media.kind !== "video") return;
    const style = getComputedStyle(this.root);
    drawFacesAt(pen, shownPicture(this.video, width, height), this.data, this.now, this.current, style.getPropertyValue("--st-font"));
  }

  get current() {
    const inside = this.data.utterances.filter((u) => u.start_s <= this.now + 0.001 && this.now < u.end_s);
    return inside[inside.length - 1] || this.data.utterances.findLast((u) => u.start_s <= this.now + 0.001) || this.data.utterances[0];
  }

  toggle() {
    if (!this.data.media.url) return;
    if (this.video.paused) this.video.play().catch(() => this.showProblem());
    else this.video.pause();
  }

  playing() {
    const runs = !this.video.paused && !this.video.ended;
    const key = this.find("[data-do=play]");
    key.setAttribute("aria-label", runs ? "Pause" : "Play");
    this.root.classList.toggle("running", runs);
    if (runs && !this.looping) this.loop();
  }

  loop() {
    this.looping = true;
    const next = () => {
      this.tick();
      if (this.video.paused || this.video.ended) this.looping = false;
      else if (this.data.media.kind === "video" && this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(next);
      else requestAnimationFrame(next);
    };
    next();
  }

  tick() {
    if (!this.data || !this.data.media.url) return;
    this.now = this.video.currentTime;
    this.movePlayhead();
    this.drawFaces();
    if (this.data.media.kind === "audio" && this.data.envelope.length) {
      const style = getComputedStyle(this.root);
      drawWave(this.find("canvas.sound"), this.data.envelope, style.getPropertyValue("--quiet"),
        style.getPropertyValue("--accent"), this.now / this.data.duration_s);
    }
    this.show(this.current);
    this.lightWords();
  }

  movePlayhead() {
    const track = this.find(".track");
    if (!track) return;
    const scroller = this.find(".scroller");
    const gutter = this.find(".lane .head").offsetWidth;
    const x = gutter + (track.clientWidth * Math.min(this.now, this.data.duration_s)) / this.data.duration_s;
    this.find(".playhead").style.transform = `translateX(${x}px)`;
    this.find("output.now").textContent = clock(this.now);
    if (this.root.classList.contains("running") && (x < scroller.scrollLeft + gutter || x > scroller.scrollLeft + scroller.clientWidth - 40)) {
      scroller.scrollLeft = x - gutter - 60;
    }
  }

  seek(seconds) {
    this.now = Math.min(Math.max(0, seconds), this.data.duration_s);
    if (this.data.media.url) this.video.currentTime = this.now;
    this.movePlayhead();
    this.show(this.current);
    this.lightWords();
  }

  show(utterance) {
    const state = !utterance ? "" : utterance.id === this.selected ? "selected" : "at the playhead";
    const stamp = utterance ? `${utterance.id} ${state} ${this.data.version}` : "none";
    if (this.shown === stamp) return;
    this.shown = stamp;
    fillInspector(this.find(".inspector"), this.data, utterance, state);
    fillWords(this.find(".words"), this, this.data, utterance);
    this.root.querySelectorAll(".utterance.current").forEach((node) => node.classList.remove("current"));
    if (utterance) this.button(utterance.id)?.classList.add("current");
  }

  lightWords() {
    const utterance = this.current;
    this.root.querySelectorAll(".word").forEach((node) => {
      const word = utterance.words[Number(node.dataset.word)];
      node.classList.toggle("spoken", Boolean(word) && word.start_s <= this.now);
      node.classList.toggle("now", Boolean(word) && word.start_s <= this.now && this.now < word.end_s);
    });
  }

  button(id) {
    return this.root.querySelector(`.utterance[data-id="${CSS.escape(id)}"]`);
  }

  mark() {
    this.root.querySelectorAll(".utterance").forEach((node) => {
      const chosen = node.dataset.id === this.selected;
      node.setAttribute("aria-pressed", chosen);
      node.tabIndex = chosen ? 0 : -1;
    });
  }

  select(id, jump) {
    this.selected = id;
    this.mark();
    const utterance = this.data.utterances.find((u) => u.id === id);
    if (utterance && (jump || (this.video.paused && this.current?.id !== id))) this.seek(utterance.start_s);
    else this.show(this.current);
    this.lightWords();
  }

  pick(id, word = null) {
    const utterance = this.data.utterances.find((u) => u.id === id);
    this.selected = id;
    this.mark();
    this.shown = null;
    this.seek(word === null ? utterance.start_s : utterance.words[word].start_s);
    clearTimeout(this.later);
    this.report(id, word);
  }

  report(id, word) {
    if (this.reported === id && word === null) return;
    this.reported = id;
    if (id !== this.data.selected) this.pending = id;
    this.picks += 1;
    this.root.dataset.picks = this.picks;
    this.asked = Date.now();
    this.post("pick", { utterance: id, word, at: this.asked });
  }

  step(by) {
    const { utterances } = this.data;
    if (!utterances.length) return;
    const at = utterances.findIndex((u) => u.id === (this.root.classList.contains("running") ? this.current.id : this.selected));
    const next = utterances[Math.min(utterances.length - 1, Math.max(0, at + by))];
    this.selected = next.id;
    this.mark();
    this.shown = null;
    this.seek(next.start_s);
    this.button(next.id)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    clearTimeout(this.later);
    this.later = setTimeout(() => this.report(next.id, null), KEYBOARD_PAUSE_MS);
  }

  key(event) {
    if (event.target.closest("input, summary, table")) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own, such as alt and ← for the page before
    const back = event.key === "ArrowLeft";
    if (event.key === " " && !event.target.closest("button:not(.utterance)")) this.toggle();
    else if ((back || event.key === "ArrowRight") && event.shiftKey) {
      this.video.pause();
      this.seek(this.now + (back ? -1 : 1) / (this.data.media.fps || 25));
    } else if (back || event.key === "ArrowRight") this.step(back ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  scrubbing() {
    const lanes = this.find(".lanes");
    const at = (event) => {
      const box = this.find(".track").getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * this.data.duration_s;
    };
    let held = false;
    this.on(lanes, "pointerdown", (event) => {
      if (event.target.closest(".utterance, .head") || !event.target.closest(".track")) return;
      held = true;
      lanes.setPointerCapture(event.pointerId);
      this.seek(at(event));
    });
    this.on(lanes, "pointermove", (event) => held && this.seek(at(event)));
    ["pointerup", "pointercancel"].forEach((name) => this.on(lanes, name, () => { held = false; }));
  }

  destroy() {
    clearTimeout(this.later);
    this.abort.abort();
    this.resize.disconnect();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}

const stages = new WeakMap();

export default function stage({ data, parentElement, setTriggerValue }) {
  if (!stages.has(parentElement)) stages.set(parentElement, new Stage(parentElement));
  const here = stages.get(parentElement);
  here.update(data, setTriggerValue);
  return () => {
    here.destroy();
    stages.delete(parentElement);
  };
}
