"""Draw a posed person: light at the vertices, pictures at the pixels, hair blended over."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from erc_core.synthesis.actor import Actor, Pose, pose_actor
from erc_core.synthesis.hair import HAIR_SIZE
from erc_core.synthesis.head_shape import Floats
from erc_core.synthesis.lighting import Lighting, light_surface
from erc_core.synthesis.raster import Coverage, cover, front_facing

Image = NDArray[np.float32]
CAMERA_CM = 130.0
SKIN_WRAP = (0.55, 0.34, 0.26)
REMAP_ROW = 1024


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

    def project(self, points: Floats) -> NDArray[np.float32]:
        """Return column and row in image pixels and nearness in cm, ``(N, 3)``."""
        near = CAMERA_CM / (CAMERA_CM - points[:, 2])
        x = self.x + points[:, 0] * near * self.scale
        y = self.y - points[:, 1] * near * self.scale
        return np.stack([x, y, points[:, 2]], axis=-1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Portrait:
    """A drawn person.

    Args:
        image: colour times opacity, sRGB-like in [0, 1], ``(height, width, 3)``
        opacity: in [0, 1], ``(height, width)``
        screen: column, row in image pixels and nearness of every vertex, ``(V, 3)``
    """

    image: Image
    opacity: Image
    screen: NDArray[np.float32]


def draw_portrait(actor: Actor, pose: Pose, camera: Camera, lighting: Lighting) -> Portrait:
    """Pose, light and draw one person."""
    points, normals = pose_actor(actor, pose)
    screen = camera.project(points)
    fine = screen * np.array([camera.samples, camera.samples, 1], np.float32)
    width, height = int(camera.width * camera.samples), int(camera.height * camera.samples)
    buffer = np.full(width * height, -1e9, np.float32)
    colors = np.zeros((width * height, 3), np.float32)
    filled = np.zeros(width * height, np.float32)
    light, shine = _vertex_light(actor, points, normals, lighting)
    seen = cover(fine, front_facing(fine, actor.triangles), width, height).nearest(buffer)
    colors[seen.pixel] = _surface_color(actor, pose, seen, light, shine)
    _catch_light(actor, seen, normals, lighting, colors)
    filled[seen.pixel] = 1.0
    if actor.hair_image is not None:
        outside = front_facing(fine, actor.hair_triangles)
        inside = front_facing(fine, actor.hair_triangles[:, ::-1])
        for layer in (inside, outside):
            hair = cover(fine, layer, width, height)
            _blend_hair(actor, actor.hair_image, hair, light, shine, buffer, colors, filled)
    image = np.sqrt(np.clip(colors, 0, 1)).reshape(height, width, 3)
    size = (camera.width, camera.height)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    opacity = cv2.resize(filled.reshape(height, width), size, interpolation=cv2.INTER_AREA)
    return Portrait(small, opacity, screen)


def _vertex_light(actor: Actor, points: Floats, normals: Floats, lighting: Lighting) -> tuple[Image, Image]:
    """Return light to multiply with and light to add at each vertex, each ``(V, 3)``, linear."""
    light, shine = light_surface(normals, lighting, wrap=SKIN_WRAP, gloss=0.55)
    body = actor.spans["torso"]
    light[body], shine[body] = light_surface(normals[body], lighting, wrap=SKIN_WRAP, gloss=0.08)
    for name in ("upper_teeth", "lower_teeth", "tongue", "hollow"):
        shine[actor.spans[name]] *= 0.3
    for name in ("left_eye", "right_eye"):
        shine[actor.spans[name]] = 0.0
    if "hair" in actor.spans:
        span = slice(actor.spans["hair"].start, len(points))
        light[span], shine[span] = _hair_light(normals[span], lighting)
        inside = np.clip(0.5 - 3 * normals[span, 2:3], 0, 1)
        light[span] *= 1 - 0.75 * inside
        shine[span] *= 1 - inside
    shade = actor.shade[:, None]
    return (light * shade).astype(np.float32), (shine * shade).astype(np.float32)


def _hair_light(normals: Floats, lighting: Lighting) -> tuple[Floats, Floats]:
    """Light strands that run down the head.

    Source:
        Kajiya and Kay (1989): the highlight depends on the angle between strand and half vector; the strand is taken
        as the downward direction along the surface.
    """
    light, shine = light_surface(normals, lighting, wrap=(0.35, 0.35, 0.35), gloss=0.0)
    down = np.array([0.0, -1.0, 0.0]) - normals * (-normals[:, 1:2])
    strand = down / np.maximum(np.linalg.norm(down, axis=1, keepdims=True), 1e-6)
    for lamp in (lighting.key, lighting.fill):
        direction = lamp.unit()
        half = direction + np.array([0.0, 0.0, 1.0])
        along = strand @ (half / np.linalg.norm(half)) + 0.10
        band = np.clip(1 - along**2, 0, 1)[:, None] ** 40
        facing = np.clip(normals @ direction + 0.3, 0, 1)[:, None]
        shine = shine + 0.10 * band * facing * np.array(lamp.color)
    return light, shine


def _look_up(image: NDArray[np.generic], uv: Image) -> NDArray[np.float32]:
    """Sample an image at pixel coordinates, ``(K, 2)`` to ``(K, channels)``."""
    count = len(uv)
    rows = -(-count // REMAP_ROW)
    padded = np.zeros((rows * REMAP_ROW, 2), np.float32)
    padded[:count] = uv
    sampled = cv2.remap(image, padded.reshape(rows, REMAP_ROW, 2), None, cv2.INTER_LINEAR)
    values: NDArray[np.float32] = sampled.reshape(rows * REMAP_ROW, -1)[:count]
    return values


def _surface_color(actor: Actor, pose: Pose, seen: Coverage, light: Image, shine: Image) -> Image:
    values = seen.interpolate(np.concatenate([actor.uv, light, shine], axis=1))
    paint = _look_up(actor.atlas.at(pose.units), values[:, :2]).astype(np.float32) / 255
    color: Image = paint * paint * values[:, 2:5] + values[:, 5:8]
    return color


def _catch_light(actor: Actor, seen: Coverage, normals: Floats, lighting: Lighting, colors: Image) -> None:
    """Add the lamps' small reflections on the eyes, computed at the pixels for sharpness."""
    first, last = actor.spans["left_eye"].start, actor.spans["right_eye"].stop
    eyes = seen.keep(((seen.corners[:, 0] >= first) & (seen.corners[:, 0] < last))[seen.triangle])
    if not len(eyes.pixel):
        return
    facing = eyes.interpolate(normals.astype(np.float32))
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
    for lamp, power in ((lighting.key, 140), (lighting.fill, 60)):
        half = lamp.unit() + np.array([0.0, 0.0, 1.0])
        shine = np.clip(facing @ (half / np.linalg.norm(half)).astype(np.float32), 0, 1) ** power
        strength = 1.1 if power > 100 else 0.12
        colors[eyes.pixel] += strength * shine[:, None] * np.array(lamp.color, np.float32)


def _blend_hair(
    actor: Actor, image: Image, hair: Coverage, light: Image, shine: Image, buffer: Image, colors: Image, filled: Image
) -> None:
    hair = hair.keep(hair.depth > buffer[hair.pixel])
    if not len(hair.pixel):
        return
    paint = _look_up(image, hair.interpolate(actor.uv) * (HAIR_SIZE - 1))
    visible = paint[:, 3] > 0.04
    hair, paint = hair.keep(visible), paint[visible]
    layer = buffer.copy()
    np.maximum.at(layer, hair.pixel, hair.depth)
    front = hair.depth >= layer[hair.pixel]
    hair, paint = hair.keep(front), paint[front]
    values = hair.interpolate(np.concatenate([light, shine], axis=1))
    lit = paint[:, :3] ** 2 * values[:, :3] + values[:, 3:] * (0.4 + paint[:, :3])
    alpha = paint[:, 3:4]
    colors[hair.pixel] += (lit - colors[hair.pixel]) * alpha
    filled[hair.pixel] = np.maximum(filled[hair.pixel], alpha[:, 0])
