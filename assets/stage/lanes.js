// The lanes under the picture: ruler, waveform, one lane a speaker, one a modality. Positions are percent of the clip.

function place(node, data, start, end) {
  node.style.left = `${(100 * start) / data.duration_s}%`;
  node.style.width = `${(100 * (end - start)) / data.duration_s}%`;
  return node;
}

function lane(name, hint, kind) {
  const track = el("div", { class: "track" });
  const head = el("div", { class: "head", title: hint }, el("span", { class: "name" }, name));
  return { row: el("div", { class: `lane ${kind}` }, head, track), head, track };
}

function rulerLane(data, zoom, width) {
  const { row, track } = lane("time", "Click or drag to move the playhead", "ruler");
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
  const fitting = Math.min(14, Math.max(3, Math.floor((width - 110) / 56)));
  const step = steps.find((s) => data.duration_s / s <= fitting * zoom) || 900;
  for (let at = 0; at < data.duration_s * 0.975; at += step) {
    const label = `${Math.floor(at / 60)}:${String(at % 60).padStart(2, "0")}`;
    track.append(place(el("span", { class: "tick" }, label), data, at, at));
  }
  return row;
}

function waveLane() {
  const { row, track } = lane("sound", "Waveform of the clip", "wave");
  track.append(el("canvas", { class: "wavecanvas", "aria-hidden": "true" }));
  return row;
}

// What a person noted of an utterance, in words; empty where nothing.
function noteText(data, note) {
  if (!note) return "";
  return [note.bookmarked ? "bookmarked" : "", note.label ? `heard as ${data.labels[note.label].title}` : "", note.text]
    .filter(Boolean).join(", ");
}

function noteMark(data, utterance) {
  if (!utterance.note) return null;
  const { label, bookmarked } = utterance.note;
  const sign = `${bookmarked ? "★" : "✎"}${label ? data.labels[label].glyph : ""}`;
  return el("span", { class: "noted", "aria-hidden": "true" }, sign);
}

function utteranceButton(stage, data, utterance) {
  const style = data.labels[utterance.predicted];
  const truth = utterance.truth ? `, truth ${data.labels[utterance.truth].title}` : "";
  const noted = utterance.note ? `, your note: ${noteText(data, utterance.note)}` : "";
  const name = `${utterance.id}, ${utterance.speaker}, ${clock(utterance.start_s)}: ${style.title} ${percent(
    Math.max(...utterance.probabilities))}${truth}${noted}`;
  const button = el(
    "button",
    { type: "button", class: "utterance", "data-id": utterance.id, tabindex: "-1", "aria-label": name,
      title: `${name}\n${utterance.text || "(no words)"}`, style: { "--fill": style.color, "--ink": style.ink } },
    ...[noteMark(data, utterance)].filter(Boolean),
    el("span", { class: "glyph", "aria-hidden": "true" }, style.glyph),
    el("span", { class: "label", "aria-hidden": "true" }, style.title),
  );
  button.addEventListener("click", () => stage.pick(utterance.id));
  return place(button, data, utterance.start_s, utterance.end_s);
}

function truthMark(data, utterance) {
  if (!utterance.truth) return null;
  const style = data.labels[utterance.truth];
  const right = utterance.truth === utterance.predicted;
  const mark = el(
    "div",
    { class: `truth ${right ? "right" : "wrong"}`, title: `truth: ${style.title}${right ? "" : " (differs)"}`,
      style: { "--fill": style.color, "--ink": style.ink } },
    el("span", { class: "glyph" }, style.glyph), el("span", { class: "label" }, right ? style.title : `≠ ${style.title}`),
  );
  return place(mark, data, utterance.start_s, utterance.end_s);
}

function shiftMark(data, utterance) {
  if (!utterance.shift) return null;
  const { before, after, from_s: from } = utterance.shift;
  const text = `${utterance.speaker} shifts from ${data.labels[before].title} to ${data.labels[after].title}`;
  return place(el("div", { class: "shift", title: text }), data, Math.min(from, utterance.start_s), utterance.start_s);
}

function speakerLane(stage, data, speaker) {
  const own = data.utterances.filter((utterance) => utterance.speaker === speaker);
  const hint = `${speaker}: ${own.length} utterances, coloured by predicted emotion`;
  const { row, head, track } = lane(speaker, hint, data.has_truth ? "speaker tall" : "speaker");
  if (data.has_truth) head.append(el("span", { class: "sub" }, "truth"));
  for (const utterance of own) {
    track.append(...[shiftMark(data, utterance), utteranceButton(stage, data, utterance), truthMark(data, utterance)]
      .filter(Boolean));
  }
  return row;
}

// Of a system without weights: the emotion that the modality alone names, as high as it is probable.
function aloneBar(data, modality, utterance) {
  const own = utterance.alone[modality.key];
  if (!own) return null;
  const best = Math.max(...own);
  const style = data.labels[data.label_order[own.indexOf(best)]];
  const hint = `${utterance.id} ${modality.title} alone: ${style.title} ${best.toFixed(2)}`;
  const bar = el("div", { class: "bar alone", title: hint, style: { "--fill": style.color, "--ink": style.ink } },
    el("i", { style: { height: `${100 * best}%` } }), el("span", { class: "glyph", "aria-hidden": "true" }, style.glyph));
  return place(bar, data, utterance.start_s, utterance.end_s);
}

function modalityBar(data, modality, utterance) {
  const weight = utterance.weights[modality.key];
  const reason = utterance.missing[modality.key];
  const style = { "--fill": modality.color };
  if (reason) return place(el("div", { class: "bar absent", title: `${modality.title} is missing: ${reason}`, style }),
    data, utterance.start_s, utterance.end_s);
  if (weight === undefined || weight === null) return data.weight_name ? null : aloneBar(data, modality, utterance);
  const fill = el("i", { style: { height: `${100 * Math.min(1, Math.max(0, weight))}%` } });
  const masked = utterance.masked[modality.key];
  const note = masked ? `, masked in ${masked} of ${data.layers} layers` : "";
  const hint = `${utterance.id} ${modality.title}: ${weight.toFixed(2)}${note}`;
  const bar = el("div", { class: masked ? "bar masked" : "bar", title: hint, style }, fill);
  return place(bar, data, utterance.start_s, utterance.end_s);
}

function modalityLane(data, modality) {
  const { row, head, track } = lane(modality.title, modality.meaning, "modality");
  head.append(el("span", { class: "sub" }, data.weight_name || "alone"));
  track.append(...data.utterances.map((utterance) => modalityBar(data, modality, utterance)).filter(Boolean));
  return row;
}

function buildLanes(stage, data, zoom) {
  const rows = [rulerLane(data, zoom, stage.root.clientWidth)];
  if (data.envelope.length) rows.push(waveLane());
  data.speakers.forEach((speaker) => rows.push(speakerLane(stage, data, speaker)));
  data.modalities.forEach((modality) => rows.push(modalityLane(data, modality)));
  return rows;
}

function drawWave(canvas, envelope, color, playedColor = null, fraction = 0) {
  const { pen, width, height } = fitCanvas(canvas);
  const peak = Math.max(1e-4, ...envelope.map(([low, high]) => Math.max(-low, high)));
  for (let x = 0; x < width; x += 1) {
    const [low, high] = envelope[Math.min(envelope.length - 1, Math.floor((x / width) * envelope.length))];
    pen.fillStyle = playedColor && x / width <= fraction ? playedColor : color;
    const top = (0.5 - (0.48 * high) / peak) * height;
    pen.fillRect(x, top, 1, Math.max(1, (0.48 * (high - low) * height) / peak));
  }
}
