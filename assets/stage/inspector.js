// What the stage already holds of one utterance, drawn at once, without asking the server.

function chip(style, text) {
  return el("span", { class: "chip", style: { "--fill": style.color, "--ink": style.ink } },
    el("span", { class: "glyph", "aria-hidden": "true" }, style.glyph), text);
}

function miniBar(value, color) {
  if (value === null || value === undefined) return el("span", { class: "mini none" }, "–");
  return el("span", { class: "mini", title: value.toFixed(3), style: { "--fill": color, "--part": `${100 * value}%` } });
}

function distribution(data, utterance) {
  const sources = data.modalities.filter((modality) => utterance.alone[modality.key]);
  const grid = el("div", { class: sources.length ? "distribution" : "distribution fused", style: { "--sources": sources.length } });
  grid.append(el("span"), el("span", { class: "column" }, "fused"), el("span"));
  sources.forEach((modality) => grid.append(el("span", { class: "column" }, `${modality.title.toLowerCase()} alone`)));
  data.label_order.forEach((label, index) => {
    const style = data.labels[label];
    const value = utterance.probabilities[index];
    grid.append(
      el("span", { class: "label" }, el("b", { "aria-hidden": "true", style: { color: style.color } }, style.glyph), style.title),
      miniBar(value, style.color),
      el("span", { class: "figure" }, value.toFixed(2)),
    );
    sources.forEach((modality) => grid.append(miniBar(utterance.alone[modality.key][index], style.color)));
  });
  return grid;
}

function weightLine(data, utterance) {
  if (!data.modalities.length) return el("p", { class: "weights" }, "This model reports nothing of single modalities.");
  const parts = data.modalities.map((modality) => {
    if (utterance.missing[modality.key]) {
      return el("span", { class: "weight" }, `${modality.title}: missing (${utterance.missing[modality.key]})`);
    }
    const weight = utterance.weights[modality.key];
    if (weight === undefined || weight === null) return null;
    return el("span", { class: "weight", style: { "--fill": modality.color } }, `${modality.title} ${weight.toFixed(2)}`);
  }).filter(Boolean);
  return parts.length ? el("p", { class: "weights", title: data.weight_meaning }, data.weight_name ? `The model's own ${data.weight_name}:` : "", ...parts) : null;
}

function noteLine(data, utterance) {
  if (!utterance.note) return null;
  const { label, bookmarked, text } = utterance.note;
  const heard = label ? [chip(data.labels[label], `you hear ${data.labels[label].title}`)] : [];
  return el("p", { class: "noteline" }, el("b", {}, bookmarked ? "★ your note " : "✎ your note "), ...heard, text);
}

function fillInspector(box, data, utterance, state) {
  const [who, detail] = [box.querySelector(".who"), box.querySelector(".detail")];
  if (!utterance) {
    who.replaceChildren(el("b", {}, "No utterances"));
    detail.replaceChildren(el("p", { class: "quiet" }, data.empty_reason));
    return;
  }
  const style = data.labels[utterance.predicted];
  const best = Math.max(...utterance.probabilities);
  const verdict = utterance.truth === utterance.predicted ? "as in the truth" : "truth";
  const truth = utterance.truth ? [el("span", { class: "verdict" }, verdict)] : [];
  if (utterance.truth && utterance.truth !== utterance.predicted) {
    truth.push(chip(data.labels[utterance.truth], data.labels[utterance.truth].title));
  }
  who.replaceChildren(el("b", {}, utterance.speaker),
    el("span", { class: "quiet" }, `${utterance.id}, ${clock(utterance.start_s)} to ${clock(utterance.end_s)}`),
    el("span", { class: "state" }, state));
  detail.replaceChildren(
    el("p", { class: "answer" }, chip(style, `${style.title} ${percent(best)}`), ...truth),
    distribution(data, utterance),
    ...[weightLine(data, utterance), noteLine(data, utterance)].filter(Boolean),
  );
}

function fillWords(box, stage, data, utterance) {
  if (!utterance || !utterance.words.length) {
    box.replaceChildren(el("span", { class: "quiet" }, utterance && utterance.text ? utterance.text : "no words here"));
    return;
  }
  box.replaceChildren(...utterance.words.flatMap((word, index) => {
    const hint = word.timed === "estimated" ? "time of this word is estimated" : "";
    const node = el("button", { type: "button", class: "word", "data-word": index, tabindex: "-1", title: hint }, word.text);
    node.addEventListener("click", () => stage.pick(utterance.id, index));
    return [node, " "];
  }));
}
