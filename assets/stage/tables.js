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
    u.shift ? `${title(u.shift.before)} → ${title(u.shift.after)}` : "–",
  ]);
  return table(`Lane of ${speaker}`, ["id", "start", "end", "words", "predicted", "probability", "truth", "shift"], rows);
}

function modalityTable(data, modality) {
  const rows = data.utterances.map((u) => [u.id, clock(u.start_s),
    u.missing[modality.key] ? `missing: ${u.missing[modality.key]}` : (u.weights[modality.key] ?? NaN).toFixed(3),
    u.masked[modality.key] ? `in ${u.masked[modality.key]} of ${data.layers} layers` : "no"]);
  return table(`Lane ${modality.title}: ${modality.meaning}`, ["id", "start", data.weight_name, "masked"], rows);
}

function fillTables(box, data) {
  box.replaceChildren(...data.speakers.map((speaker) => speakerTable(data, speaker)),
    ...data.modalities.map((modality) => modalityTable(data, modality)));
}
