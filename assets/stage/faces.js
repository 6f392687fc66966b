// Faces over the picture: boxes with names, landmarks, and the parts that spoke for or against an emotion.

const FACE_HOLD_S = 0.5; // a face is drawn so long after it was last seen
const FOR = "#1f9e6e", AGAINST = "#d0473c";
const meshes = new Map();

// The video keeps its shape inside the canvas: where its picture lies.
function shownPicture(video, width, height) {
  const shape = video.videoWidth && video.videoHeight ? video.videoWidth / video.videoHeight : width / height;
  const [w, h] = width / height > shape ? [height * shape, height] : [width, width / shape];
  return { x: (width - w) / 2, y: (height - h) / 2, w, h };
}

function lookAt(looks, now) {
  let [low, high] = [0, looks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (looks[middle][0] <= now + 0.02) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Boxes move smoothly between two looks at the same face. A face that jumps, or is gone in the nearer look, was cut away.
function facesAt(faces, now) {
  const at = lookAt(faces.looks, now);
  if (at < 0 || now - faces.looks[at][0] > FACE_HOLD_S) return [];
  const [time, found] = faces.looks[at];
  const next = faces.looks[at + 1];
  if (!next || next[0] - time > FACE_HOLD_S) return found;
  const part = Math.min(1, Math.max(0, (now - time) / (next[0] - time)));
  const [nearer, other] = part > 0.5 ? [next[1], found] : [found, next[1]];
  return nearer.map((face) => {
    const same = other.find((one) => one[0] === face[0]);
    if (!same || Math.abs(same[1] - face[1]) > face[3] / 2 || Math.abs(same[2] - face[2]) > face[4] / 2) return face;
    const near = Math.abs(part - (part > 0.5 ? 1 : 0));
    return [face[0], ...[1, 2, 3, 4].map((i) => face[i] + near * (same[i] - face[i])), face[5]];
  });
}

function meshOf(text) {
  if (!meshes.has(text)) {
    if (meshes.size > 400) meshes.clear();
    meshes.set(text, Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  }
  return meshes.get(text);
}

function partPaths(faces, face, box) {
  const bytes = meshOf(face[5]);
  const [side, tall] = [faces.span * box.w, faces.span * box.h];
  const [left, top] = [box.x + box.w / 2 - side / 2, box.y + box.h / 2 - tall / 2];
  const paths = {};
  let at = 0;
  for (const [name, count] of faces.parts) {
    paths[name] = new Path2D();
    for (let i = 0; i < count; i += 1, at += 1) {
      const [x, y] = [left + (side * bytes[2 * at]) / 255, top + (tall * bytes[2 * at + 1]) / 255];
      if (i) paths[name].lineTo(x, y);
      else paths[name].moveTo(x, y);
    }
  }
  return paths;
}

function drawRegions(pen, paths, regions) {
  const most = Math.max(...regions.map((region) => Math.abs(region.weight)));
  for (const region of regions) {
    if (!paths[region.part] || !most) continue;
    pen.fillStyle = pen.strokeStyle = region.weight > 0 ? FOR : AGAINST;
    pen.globalAlpha = 0.2 + 0.5 * (Math.abs(region.weight) / most);
    pen.fill(paths[region.part]);
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.stroke(paths[region.part]);
  }
}

function drawName(pen, text, box, fill, ink, font) {
  pen.font = `600 12px ${font || "sans-serif"}`;
  const wide = pen.measureText(text).width + 12;
  const top = Math.max(0, box.y - 20);
  pen.fillStyle = fill;
  pen.fillRect(box.x - 1, top, wide, 18);
  pen.fillStyle = ink;
  pen.fillText(text, box.x + 5, top + 13);
}

function drawFacesAt(pen, picture, data, now, utterance, font) {
  const speaking = utterance && now < utterance.end_s ? utterance : null;
  for (const face of facesAt(data.faces, now)) {
    const box = { x: picture.x + face[1] * picture.w, y: picture.y + face[2] * picture.h, w: face[3] * picture.w, h: face[4] * picture.h };
    const name = data.faces.names[face[0]];
    const speaks = speaking && name === speaking.speaker;
    const style = speaks ? data.labels[speaking.predicted] : { color: "#ffffffb0", ink: "#12151b", glyph: "", title: "" };
    pen.strokeStyle = style.color;
    pen.lineWidth = speaks ? 2.5 : 1;
    pen.strokeRect(box.x, box.y, box.w, box.h);
    if (face[5]) {
      const paths = partPaths(data.faces, face, box);
      pen.lineWidth = 1;
      pen.strokeStyle = speaks ? "#ffffffcc" : "#ffffff80";
      Object.entries(paths).forEach(([part, path]) => part !== "chin" && pen.stroke(path));
      if (speaks) drawRegions(pen, paths, data.regions.filter((region) => region.utterance === speaking.id));
    }
    const text = speaks ? `${name} ${style.glyph} ${style.title}` : name || `face ${face[0]}`;
    drawName(pen, text, box, style.color, style.ink, font);
  }
}
