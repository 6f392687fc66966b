// The text alternative behind each lane; built when it is first opened.

function table(caption, header, rows) {
  return el("table", {}, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...header.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, String(cell)))))));
}

function speakerTable(data, speaker) {
  const title = (label) => (label ? data.labels[label].title : "–");
  const rows = data.utterances.filter((u) => u.speaker === speaker).map((u) => [
    u.id, clock(u.start_s), clock(u.end_s), u.text || "–", title(u.predicted),
    Math.max(...u.probabilities).toFixed(2), title(u.truth),
    u.shift ? `${title(u.shift.before)} → ${title(u.shift.after)}` : "–", noteText(data, u.note) || "–",
  ]);
  return table(`Lane of ${speaker}`, ["id", "start", "end", "words", "predicted", "probability", "truth", "shift", "your note"], rows);
}

function modalityCell(data, modality, utterance) {
  if (utterance.missing[modality.key]) return `missing: ${utterance.missing[modality.key]}`;
  const weight = utterance.weights[modality.key];
  if (weight !== undefined && weight !== null) return weight.toFixed(3);
  const own = utterance.alone[modality.key];
  if (data.weight_name || !own) return "–";
  const best = Math.max(...own);
  return `${data.labels[data.label_order[own.indexOf(best)]].title} ${best.toFixed(2)}`;
}

function modalityTable(data, modality) {
  const header = ["id", "start", data.weight_name || "emotion alone"];
  const rows = data.utterances.map((u) => [u.id, clock(u.start_s), modalityCell(data, modality, u)]);
  if (data.layers) {
    header.push("masked");
    data.utterances.forEach((u, i) => rows[i].push(
      u.masked[modality.key] ? `in ${u.masked[modality.key]} of ${data.layers} layers` : "no"));
  }
  return table(`Lane ${modality.title}: ${modality.meaning}`, header, rows);
}

function fillTables(box, data) {
  box.replaceChildren(...data.speakers.map((speaker) => speakerTable(data, speaker)),
    ...data.modalities.map((modality) => modalityTable(data, modality)));
}
