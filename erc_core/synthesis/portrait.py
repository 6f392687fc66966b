"""Draw a posed person: light at the vertices, pictures at the pixels, hair blended over."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from erc_core.synthesis.actor import Actor, Assembly, Pose, pose_lower, pose_upper
from erc_core.synthesis.arrays import Bytes, Floats, Indices
from erc_core.synthesis.hair import HAIR_SIZE
from erc_core.synthesis.lighting import Lighting, light_surface
from erc_core.synthesis.raster import Coverage, cover, front_facing

CAMERA_CM = 130.0
SKIN_WRAP = (0.55, 0.34, 0.26)
REMAP_ROW = 1024
BREATHS = 10  # steps of the chest between breathing out and in; shoulders are drawn once for each
REACH_CM, HEIGHT_CM = 24.5, 18.0  # a person's half width and height above the eyes, with room to move
NOTHING = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a person is seen in an image.

    Args:
        width: image width in pixels
        height: image height in pixels
        x: image column of the head's middle, in pixels
        y: image row of the eyes, in pixels
        scale: pixels per cm at the head's middle
        samples: drawn pixels per image pixel, along each axis
    """

    width: int
    height: int
    x: float
    y: float
    scale: float
    samples: float = 1.5

    def project(self, points: Floats) -> Floats:
        """Return column and row in image pixels and nearness in cm, ``(N, 3)``."""
        near = CAMERA_CM / (CAMERA_CM - points[:, 2])
        x = self.x + points[:, 0] * near * self.scale
        y = self.y - points[:, 1] * near * self.scale
        return np.stack([x, y, points[:, 2]], axis=-1).astype(np.float32)

    @property
    def fine_size(self) -> tuple[int, int]:
        """Return width and height of what is drawn, before it is scaled to the image."""
        return int(self.width * self.samples), int(self.height * self.samples)


@dataclass(frozen=True, slots=True)
class Layer:
    """A drawing under way, P fine pixels: linear colour ``(P, 3)``, opacity ``(P,)`` and nearness ``(P,)``."""

    colors: Floats
    filled: Floats
    depth: Floats

    def copy(self) -> Layer:
        """Return a layer that can be drawn on."""
        return Layer(self.colors.copy(), self.filled.copy(), self.depth.copy())


@dataclass(frozen=True, slots=True)
class Portrait:
    """A drawn person, in a window of the image.

    Args:
        left: first column of the window in the image
        top: first row of the window in the image
        image: colour times opacity, sRGB-like in [0, 1], ``(height, width, 3)`` of the window
        opacity: in [0, 1], ``(height, width)``
        head: column, row in image pixels and nearness of the face's vertices, ``(V, 3)``
    """

    left: int
    top: int
    image: Floats
    opacity: Floats
    head: Floats


class Painter:
    """Draws one person through one camera; the shoulders are drawn once for each step of the breath."""

    def __init__(self, actor: Actor, camera: Camera, lighting: Lighting) -> None:
        self.actor = actor
        self.left = max(int(camera.x - REACH_CM * camera.scale), 0)
        self.top = max(int(camera.y - HEIGHT_CM * camera.scale), 0)
        right = min(int(camera.x + REACH_CM * camera.scale) + 1, camera.width)
        size = (right - self.left, camera.height - self.top)
        self.camera = replace(camera, width=size[0], height=size[1], x=camera.x - self.left, y=camera.y - self.top)
        self.lighting = lighting
        self._shoulders: dict[tuple[int, float], Layer] = {}

    def draw(self, pose: Pose) -> Portrait:
        """Pose, light and draw the person."""
        layer = self._lower(pose).copy()
        points = pose_upper(self.actor, pose)
        screen = self.camera.project(points)
        self._upper(pose, points, screen, layer)
        width, height = self.camera.fine_size
        size = (self.camera.width, self.camera.height)
        image = np.sqrt(np.clip(layer.colors, 0, 1)).reshape(height, width, 3)
        opacity = layer.filled.reshape(height, width)
        return Portrait(
            self.left,
            self.top,
            cv2.resize(image, size, interpolation=cv2.INTER_AREA),
            cv2.resize(opacity, size, interpolation=cv2.INTER_AREA),
            screen[self.actor.upper.spans["head"]] + np.array([self.left, self.top, 0], np.float32),
        )

    def _lower(self, pose: Pose) -> Layer:
        key = (round(pose.breath * BREATHS), round(pose.body_turn, 3))
        if key not in self._shoulders:
            width, height = self.camera.fine_size
            count = width * height
            blank = Layer(np.zeros((count, 3), np.float32), np.zeros(count, np.float32), np.full(count, NOTHING))
            points = pose_lower(self.actor, key[1], key[0] / BREATHS)
            normals = self.actor.lower.normals(points)
            light, shine = light_surface(normals, self.lighting, wrap=SKIN_WRAP, gloss=0.08)
            self._opaque(self.actor.lower, self.actor.atlas.image, self.camera.project(points), light, shine, blank)
            self._shoulders[key] = blank
        return self._shoulders[key]

    def _upper(self, pose: Pose, points: Floats, screen: Floats, layer: Layer) -> None:
        upper = self.actor.upper
        normals = upper.normals(points).astype(np.float32)
        light, shine = _light_upper(upper, normals, self.lighting)
        seen = self._opaque(upper, self.actor.atlas.at(pose.units), screen, light, shine, layer)
        _catch_light(upper, seen, normals, self.lighting, layer)
        if self.actor.hair_image is None:
            return
        fine = self._fine(screen)
        values = np.concatenate([light * upper.shade[:, None], shine * upper.shade[:, None]], axis=1)
        inside = self.actor.inside + upper.spans["hair"].start
        for side in (inside, upper.hair):
            hair = cover(fine, front_facing(fine, side), *self.camera.fine_size)
            _blend_hair(upper.uv, self.actor.hair_image, hair, values, layer)

    def _opaque(
        self, assembly: Assembly, image: Bytes, screen: Floats, light: Floats, shine: Floats, layer: Layer
    ) -> Coverage:
        fine = self._fine(screen)
        facing: Indices = front_facing(fine, assembly.triangles)
        seen = cover(fine, facing, *self.camera.fine_size).nearest(layer.depth)
        shade = assembly.shade[:, None]
        values = seen.interpolate(np.concatenate([assembly.uv, light * shade, shine * shade], axis=1))
        paint = _look_up(image, values[:, :2]).astype(np.float32) / 255
        layer.colors[seen.pixel] = paint * paint * values[:, 2:5] + values[:, 5:8]
        layer.filled[seen.pixel] = 1.0
        return seen

    def _fine(self, screen: Floats) -> Floats:
        samples = self.camera.samples
        return np.asarray(screen * np.array([samples, samples, 1], np.float32))


def _light_upper(upper: Assembly, normals: Floats, lighting: Lighting) -> tuple[Floats, Floats]:
    """Return light to multiply with and light to add at each vertex, each ``(V, 3)``, linear."""
    light, shine = light_surface(normals, lighting, wrap=SKIN_WRAP, gloss=0.55)
    for name in ("upper_teeth", "lower_teeth", "tongue", "hollow"):
        shine[upper.spans[name]] *= 0.3
    for name in ("left_eye", "right_eye"):
        shine[upper.spans[name]] = 0.0
    if "hair" in upper.spans:
        span = slice(upper.spans["hair"].start, len(normals))
        light[span], shine[span] = _light_hair(normals[span], lighting)
    return light, shine


def _light_hair(normals: Floats, lighting: Lighting) -> tuple[Floats, Floats]:
    """Light strands that run down the head; what faces away from the viewer is the dark inside.

    Source:
        Kajiya and Kay (1989): the highlight depends on the angle between strand and half vector; the strand is taken
        as the downward direction along the surface.
    """
    light, shine = light_surface(normals, lighting, wrap=(0.35, 0.35, 0.35), gloss=0.0)
    down = np.array([0.0, -1.0, 0.0]) + normals * normals[:, 1:2]
    strand = down / np.maximum(np.linalg.norm(down, axis=1, keepdims=True), 1e-6)
    for lamp in (lighting.key, lighting.fill):
        direction = lamp.unit()
        half = direction + np.array([0.0, 0.0, 1.0])
        along = strand @ (half / np.linalg.norm(half)) + 0.10
        band = np.clip(1 - along**2, 0, 1)[:, None] ** 40
        facing = np.clip(normals @ direction + 0.3, 0, 1)[:, None]
        shine = shine + 0.10 * band * facing * np.array(lamp.color)
    inside = np.clip(0.5 - 3 * normals[:, 2:3], 0, 1)
    return (light * (1 - 0.75 * inside)).astype(np.float32), (shine * (1 - inside)).astype(np.float32)


def _look_up(image: Bytes | Floats, uv: Floats) -> Floats:
    """Sample an image at pixel coordinates, ``(K, 2)`` to ``(K, channels)``."""
    count = len(uv)
    rows = max(-(-count // REMAP_ROW), 1)
    padded = np.zeros((rows * REMAP_ROW, 2), np.float32)
    padded[:count] = uv
    sampled = cv2.remap(image, padded.reshape(rows, REMAP_ROW, 2), None, cv2.INTER_LINEAR)
    return np.asarray(sampled.reshape(rows * REMAP_ROW, -1)[:count])


def _catch_light(upper: Assembly, seen: Coverage, normals: Floats, lighting: Lighting, layer: Layer) -> None:
    """Add the lamps' small reflections on the eyes, computed at the pixels for sharpness."""
    first, last = upper.spans["left_eye"].start, upper.spans["right_eye"].stop
    own = (seen.corners[:, 0] >= first) & (seen.corners[:, 0] < last)
    eyes = seen.keep(own[seen.triangle])
    if not len(eyes.pixel):
        return
    facing = eyes.interpolate(normals)
    facing = facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
    for lamp, power, strength in ((lighting.key, 140, 1.1), (lighting.fill, 60, 0.12)):
        half = lamp.unit() + np.array([0.0, 0.0, 1.0])
        shine = np.clip(facing @ (half / np.linalg.norm(half)), 0, 1) ** power
        layer.colors[eyes.pixel] += (strength * shine[:, None] * np.array(lamp.color)).astype(np.float32)


def _blend_hair(uv: Floats, image: Floats, hair: Coverage, values: Floats, layer: Layer) -> None:
    hair = hair.keep(hair.depth > layer.depth[hair.pixel])
    paint = _look_up(image, hair.interpolate(uv) * (HAIR_SIZE - 1))
    visible = paint[:, 3] > 0.04
    hair, paint = hair.keep(visible), paint[visible]
    nearest = layer.depth.copy()
    np.maximum.at(nearest, hair.pixel, hair.depth)
    front = hair.depth >= nearest[hair.pixel]
    hair, paint = hair.keep(front), paint[front]
    lit = hair.interpolate(values)
    color = paint[:, :3] ** 2 * lit[:, :3] + lit[:, 3:] * (0.4 + paint[:, :3])
    alpha = paint[:, 3:4]
    layer.colors[hair.pixel] += (color - layer.colors[hair.pixel]) * alpha
    layer.filled[hair.pixel] = np.maximum(layer.filled[hair.pixel], alpha[:, 0])
