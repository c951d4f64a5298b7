#!/usr/bin/env python3
"""Makes the sample photos and the sample clip: small landscapes, rendered with numpy. See README.md beside it.

Usage: pictures.py PHOTO_FOLDER [CLIP_FOLDER]
"""

import functools
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image

SCALE = 2  # samples per pixel and side


# Colour and noise


def rgb(code):
    """`#ffcc88` as linear light."""
    return (np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0) ** 2.2


def mix(a, b, share):
    share = np.clip(share, 0, 1)[..., None]
    return a * (1 - share) + b * share


def smooth(low, high, value):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def gradient(position, *stops):
    """Colours between `(position, colour)` stops."""
    places = [place for place, _ in stops]
    colours = np.array([rgb(code) for _, code in stops])
    return np.stack([np.interp(position, places, colours[:, i]) for i in range(3)], axis=-1)


@functools.cache
def lattice_of(seed):
    return np.random.default_rng(seed).uniform(-1, 1, (256, 256))


def noise(x, y, seed):
    """Smooth noise from -1 to 1 over a lattice of random values."""
    lattice = lattice_of(seed)
    column, row = np.floor(x), np.floor(y)
    u, v = x - column, y - row
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    i, j = column.astype(int) & 255, row.astype(int) & 255
    k, l = (i + 1) & 255, (j + 1) & 255
    top = lattice[j, i] * (1 - u) + lattice[j, k] * u
    bottom = lattice[l, i] * (1 - u) + lattice[l, k] * u
    return top * (1 - v) + bottom * v


def fractal(x, y, seed, octaves=5, roughness=0.5):
    total, amplitude = 0.0, 1.0
    for octave in range(octaves):
        total = total + amplitude * noise(x * 2**octave, y * 2**octave, seed + octave)
        amplitude *= roughness
    return total


def canvas(width, height):
    """`x` over the height and to the right of the middle, `y` from 0 at the top to 1."""
    rows = (np.arange(height * SCALE) + 0.5) / (height * SCALE)
    columns = (np.arange(width * SCALE) + 0.5 - width * SCALE / 2) / (height * SCALE)
    return np.meshgrid(columns, rows)


def develop(light, grain=0.0, seed=1):
    """Linear light to 8-bit pixels, with a gentle shoulder and a little grain."""
    height, width = light.shape[0] // SCALE, light.shape[1] // SCALE
    light = light.reshape(height, SCALE, width, SCALE, 3).mean(axis=(1, 3))
    light = light * (1 + light / 9) / (1 + light * 0.42)
    pixels = np.clip(light * 1.3, 0, 1) ** (1 / 2.2)
    pixels += np.random.default_rng(seed).normal(0, grain, (height, width, 1))
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


# The sea, by day and night


def sea(x, y, horizon, sky, light, shine, colour, seconds=0.0, seed=7):
    """Water that mirrors `sky(x, elevation)` and glitters towards `light`."""
    depth = np.clip(y - horizon, 1e-4, None)
    distance = 0.16 / depth
    east = x * distance
    slope_x, slope_z = 0.0, 0.0
    waves = np.random.default_rng(seed)
    for _ in range(26):
        length = waves.uniform(0.035, 0.42)
        angle = waves.normal(0, 0.55)
        kx, kz = np.sin(angle) / length, np.cos(angle) / length
        speed = np.round(2.2 / np.sqrt(length) / 3)  # whole turns in three seconds, so that a clip can loop
        phase = 2 * np.pi * (kx * east + kz * distance + waves.uniform() - speed * seconds / 3)
        fade = np.exp(-((distance * 0.0022 / length / depth.clip(0.02)) ** 2))
        steep = 0.032 * np.exp(np.sin(phase) - 1) * np.cos(phase) * fade
        slope_x, slope_z = slope_x + steep * np.sin(angle), slope_z + steep * np.cos(angle)
    # The mirrored ray, the surface seen at a grazing angle.
    grazing = depth * 0.9
    mirrored_x = x + 2.2 * slope_x
    mirrored_up = np.abs(grazing + 1.9 * slope_z + 0.02)
    fresnel = 0.05 + 0.95 * (1 - np.clip(grazing + slope_z, 0, 1)) ** 5
    water = mix(rgb(colour) * np.ones(x.shape + (3,)), sky(mirrored_x, mirrored_up), fresnel)
    off = ((mirrored_x - light[0]) / 0.055) ** 2 + ((mirrored_up - light[1]) / 0.16) ** 2
    return water + np.exp(-off)[..., None] * rgb(shine) * 3.2


def moonlit_sky(moon):
    def sky(x, up):
        base = gradient(up, (0, "#5d6f93"), (0.12, "#3b5080"), (0.35, "#1d2f5c"), (0.75, "#0c1737"))
        away = np.hypot(x - moon[0], up - moon[1])
        return base + np.exp(-away * 6.5)[..., None] * rgb("#9fb2d8") * 0.55
    return sky


def moon_and_stars(light, x, up, moon, visible):
    away = np.hypot(x - moon[0], up - moon[1])
    spots = fractal(x * 19, up * 19, 61, 4)
    disc = smooth(0.056, 0.054, away) * (0.62 + 0.30 * smooth(-0.6, 0.5, spots))
    chance = np.random.default_rng(5).uniform(size=(x.shape[0] // 4, x.shape[1] // 4)).repeat(4, 0).repeat(4, 1)
    fits = np.zeros(x.shape)
    fits[: chance.shape[0], : chance.shape[1]] = chance
    stars = (fits > 0.9992) * np.clip(up - 0.12, 0, 1) * (away > 0.09)
    return light + visible[..., None] * (disc[..., None] * rgb("#fff3d6") * 0.95 + stars[..., None] * 1.3)


def moonlit_sea(width, height, seconds=0.0):
    x, y = canvas(width, height)
    horizon, moon = 0.52, (0.18, 0.27)
    sky = moonlit_sky(moon)
    up = horizon - y
    light = moon_and_stars(sky(x, np.clip(up, 0, 1)), x, up, moon, up > 0)
    clouds = smooth(0.05, 0.9, fractal(x * 2.1, up * 9, 31) + 0.1) * smooth(0, 0.1, up) * smooth(0.5, 0.15, up)
    light = mix(light, sky(x, np.clip(up, 0, 1)) * 1.25 + 0.01, clouds * 0.55)
    water = sea(x, y, horizon, sky, moon, "#fff0cf", "#06142a", seconds)
    light = mix(light, water, smooth(-0.0012, 0.0012, y - horizon))
    return x, y, light


def lighthouse(width=960, height=640):
    x, y, light = moonlit_sea(width, height)
    foot, top, middle = 0.475, 0.155, -0.36
    lamp = (middle, top + 0.022)
    # The beams, brighter near the lamp.
    for side, tilt in ((1, 0.055), (-1, 0.02)):
        along = (x - lamp[0]) * side
        across = np.abs(y - lamp[1] - along * tilt) / (0.008 + 0.085 * np.clip(along, 0, None))
        beam = smooth(1, 0, across) * (along > 0) * np.exp(-np.clip(along, 0, None) * 2.1)
        light = light + beam[..., None] * rgb("#ffe7a8") * 0.5
    # The rock, with grass that catches the moon.
    shore = 0.535 - 0.10 * np.exp(-((x - middle) / 0.2) ** 2) - 0.03 * np.exp(-((x - middle - 0.24) / 0.1) ** 2)
    shore = shore + 0.012 * fractal(x * 16, 0 * x + 3, 17, 5) + 0.25 * np.clip(np.abs(x - middle) - 0.36, 0, None)
    inside = smooth(-0.001, 0.001, y - shore) * (y < 0.548 + 0.004 * noise(x * 40, 0 * x, 2))
    texture = 0.7 + 0.5 * fractal(x * 30, y * 60, 19)
    rim = np.exp(-np.clip(y - shore, 0, 1) * 110)
    rock = (rgb("#12141c") + rim[..., None] * rgb("#6f7f9c") * 0.7) * texture[..., None]
    light = mix(light, rock, inside)
    # The tower: round, so brighter on the moon's side.
    height_up = (foot - y) / (foot - top)
    half = 0.030 - 0.011 * np.clip(height_up, 0, 1)
    across = (x - middle) / half
    body = smooth(1.03, 0.97, np.abs(across)) * (height_up > -0.25) * (height_up < 0.9)
    stripes = np.floor(np.clip(height_up + 0.1, 0, 2) / 0.2) % 2
    paint = mix(rgb("#e8e4da") * np.ones(x.shape + (3,)), rgb("#a8332a"), stripes)
    shade = 0.05 + 0.42 * np.clip(0.35 + 0.75 * across, 0, 1) ** 1.5
    light = mix(light, paint * shade[..., None], body * (y < shore + 0.012))
    # Gallery, lantern and roof.
    def block(left, right, upper, lower, colour, light):
        cover = smooth(right, right - 0.001, np.abs(x - middle)) * smooth(upper, upper + 0.001, y) * (y < lower)
        return mix(light, rgb(colour) * np.ones(x.shape + (3,)), cover * (np.abs(x - middle) >= left))
    light = block(0, 0.026, 0.186, 0.193, "#1d222c", light)
    light = block(0, 0.013, 0.160, 0.186, "#ffedb5", light)
    light = block(0, 0.0012, 0.160, 0.186, "#3a3320", light)
    roof = (np.abs(x - middle) < (y - 0.135) * 0.62) * (y > 0.135) * (y < 0.161)
    light = mix(light, rgb("#7c2a24") * 0.35 * np.ones(x.shape + (3,)), roof * 1.0)
    glow = np.exp(-np.hypot(x - lamp[0], y - lamp[1]) * 15)
    return develop(light + glow[..., None] * rgb("#ffd98a") * 1.5, 0.008)


def waves(width, height, seconds):
    return develop(moonlit_sea(width, height, seconds)[2])


# Mountains at dusk


def ridges(width=1024, height=640):
    x, y = canvas(width, height)
    sun = (0.30, 0.47)
    light = gradient(y, (0, "#27345f"), (0.22, "#5a5a8a"), (0.38, "#b5788a"), (0.50, "#f2a06a"), (0.6, "#ffc98a"))
    away = np.hypot(x - sun[0], (y - sun[1]) * 1.05)
    streaks = smooth(0.0, 1.0, fractal(x * 1.6 + 3, y * 13, 23)) * smooth(0.46, 0.2, y)
    light = mix(light, gradient(y, (0, "#6d6790"), (0.25, "#d98d86"), (0.45, "#ffbf8a")), streaks * 0.8)
    light = light + np.exp(-away * 4.2)[..., None] * rgb("#ffb25e") * 0.9
    light = light + smooth(0.047, 0.043, away)[..., None] * rgb("#fff0c4") * 3
    layers = 7
    for layer in range(layers):
        near = layer / (layers - 1)
        base = 0.50 + 0.42 * near**1.25
        rough = fractal(x * (1.5 + 1.1 * near) + 11 * layer, 0 * x + layer, 40 + layer, 7, 0.47)
        ridge = base - (0.075 + 0.05 * near) * (1 - np.abs(rough)) * (1.3 - 0.5 * near) + 0.03 * near
        if layer == layers - 1:  # fir tops stand on the nearest ridge
            tooth = np.abs((x * 62 + noise(x * 9, 0 * x, 3)) % 1 - 0.5) * 2
            ridge = ridge - 0.028 * (1 - tooth) ** 1.4 * (0.6 + 0.4 * noise(np.floor(x * 62), 0 * x, 4))
        dark = gradient(np.full(x.shape, near), (0, "#b07f8f"), (0.3, "#7a628a"), (0.6, "#3f426c"), (1, "#10162b"))
        warm = rgb("#ffb27a") * np.exp(-np.hypot(x - sun[0], y - sun[1]) * 2.6)[..., None]
        mist = np.clip((y - ridge) / 0.16, 0, 1) ** 1.3 * (1 - near) * 0.75
        lit = mix(dark + warm * (1 - near) ** 2 * 0.8, rgb("#e9ab8f") * np.ones(x.shape + (3,)), mist)
        shade = 1 + 0.10 * fractal(x * 26, y * 40, 70 + layer, 4) * (0.3 + near)
        light = mix(light, lit * shade[..., None], smooth(-0.0009, 0.0009, y - ridge))
    return develop(light, 0.006)


# A forest in fog


def fir(px, py, rng, place, foot, tall):
    """How far one fir covers each place: tiers of boughs that hang outwards."""
    wide = tall * rng.uniform(0.15, 0.21)
    down = 1 - (foot - py) / tall
    across = np.abs(px - place - rng.normal(0, 0.01) * (1 - down)) / wide
    boughs = (down * rng.uniform(9, 13) + rng.uniform() - 1.1 * across) % 1
    needles = noise(px / wide * 9 + rng.uniform(0, 99), py / wide * 14, 9)
    half = np.clip(down, 0, 1) ** 0.9 * (0.62 + 0.38 * boughs + 0.13 * needles) + 0.015
    tree = smooth(0.03, -0.03, across - half) * (down > 0) * (down < 1)
    return np.maximum(tree, (across < 0.05) * (down > 0.02) * (down < 1.2))


def firs(x, y, rng, ground, tall, spacing):
    """How far a row of firs along `ground` covers each place."""
    cover = np.zeros(x.shape)
    for place in np.arange(x.min() - 0.1, x.max() + 0.1, spacing):
        place, height = place + rng.normal(0, spacing * 0.35), tall * rng.lognormal(0, 0.22)
        left, right = np.searchsorted(x[0], (place - height * 0.3, place + height * 0.3))
        if left < right:
            foot = np.interp(place, x[0], ground[0]) + 0.05 * height
            top, end = np.searchsorted(y[:, 0], (foot - height, foot + 0.3 * height))
            part = np.s_[top:end, left:right]
            cover[part] = np.maximum(cover[part], fir(x[part], y[part], rng, place, foot, height))
    return cover


def forest(width=1024, height=683):
    x, y = canvas(width, height)
    rng = np.random.default_rng(12)
    sun = np.exp(-np.hypot(x - 0.28, (y - 0.16) * 0.9) * 2.3)[..., None]
    light = gradient(y, (0, "#8fa3a8"), (0.3, "#b9c0b8"), (0.6, "#c9c8b8"), (1, "#a8b0a8")) * 0.75
    light = light + sun * rgb("#ffe6b0") * 0.75
    rows = 7
    for row in range(rows):
        near = row / (rows - 1)
        rolling = noise(x * (1.3 + 0.4 * row), 0 * x + row, 50) + 0.3 * noise(x * 5, 0 * x + row, 51)
        ground = 0.40 + 0.62 * near**1.35 - 0.09 * rolling * (1 - 0.4 * near)
        tint = gradient(np.full(x.shape, near), (0, "#9db0ac"), (0.35, "#6d857f"), (0.7, "#34493f"), (1, "#0f1a15"))
        tint = tint * 0.72 + sun * rgb("#ffdf9f") * 0.42 * (1 - near) ** 1.5
        wood = np.maximum(firs(x, y, rng, ground, 0.075 + 0.30 * near**1.6, 0.021 + 0.05 * near**1.4), y > ground)
        grain = 1 + 0.16 * fractal(x * 60, y * 90, 5 + row, 4) * (0.3 + near)
        light = mix(light, tint * grain[..., None], wood)
        # Fog lies in the hollow before the next row, thicker far away, in drifts.
        lying = smooth(-0.05, 0.13, y - ground) * 0.95 * (1 - near)
        drift = 0.72 + 0.4 * fractal(x * 1.7 + 3 * row, y * 6, 90 + row, 5)
        fog = rgb("#c3c9c0") * 0.72 + sun * rgb("#ffdfa6") * 0.6
        light = mix(light, fog, lying * drift)
    return develop(light, 0.007)


# A city by night


def towers(x, y, rng, waterline, count, low, high, near):
    """A row of buildings: how far they cover, and their light."""
    cover, light = np.zeros(x.shape), np.zeros(x.shape + (3,))
    pane = 0.0098 - 0.003 * (1 - near)
    for place in np.sort(rng.uniform(x.min() - 0.02, x.max() + 0.02, count)):
        half, top = rng.uniform(0.02, 0.058), waterline - rng.uniform(low, high) * (1 - 0.35 * abs(place))
        inside = (np.abs(x - place) < half) & (y > top) & (y < waterline)
        kind = rng.integers(3)
        if kind == 1:  # a set-back crown
            inside |= (np.abs(x - place) < half * 0.55) & (y > top - 0.035) & (y <= top)
        if kind == 2:  # a mast
            inside |= (np.abs(x - place) < 0.0011) & (y > top - 0.06) & (y <= top)
        column, row = np.floor((x - place) / pane), np.floor((y - top) / (pane * 1.35))
        u, v = (x - place) / pane - column, (y - top) / (pane * 1.35) - row
        seed = int(rng.integers(1 << 16))
        lottery = np.random.default_rng(seed).uniform(size=(128, 128, 2))
        draw = lottery[row.astype(int) & 127, column.astype(int) & 127]
        lit = (draw[..., 0] > rng.uniform(0.5, 0.75)) & (abs(u - 0.5) < 0.29) & (abs(v - 0.5) < 0.27)
        lit &= (np.abs(x - place) < half - 0.003) & (y > top + 0.004)
        tint = mix(rgb("#ffcf7d") * np.ones(x.shape + (3,)), rgb("#cfe3ff"), (draw[..., 1] > 0.8) * 1.0)
        wall = rgb("#1c2745") * (0.45 + 0.35 * near + 0.25 * (x - place > 0))[..., None]
        face = wall + (lit * (0.35 + 0.9 * draw[..., 1]) * (0.6 + 0.4 * near))[..., None] * tint
        light[inside], cover[inside] = face[inside], 1.0
    return cover, light


def skyline(width=1024, height=576):
    x, y = canvas(width, height)
    waterline = 0.66
    above = waterline - np.abs(waterline - y) * np.where(y > waterline, 1.45, 1.0)
    ripple = (y > waterline) * (0.006 + 0.035 * (y - waterline))
    bent = x + ripple * (noise(x * 9, y * 130, 3) + 0.5 * noise(x * 25, y * 330, 4))
    tall = above + ripple * 1.4 * noise(x * 5, y * 90, 8)
    tall = np.where(y > waterline, np.minimum(tall, waterline - 0.001), above)
    rng = np.random.default_rng(21)
    light = gradient(tall, (0, "#0a1130"), (0.3, "#23275a"), (0.5, "#5b3f77"), (0.6, "#a35b78"), (0.66, "#dd8a6d"))
    haze = smooth(-0.1, 1.1, fractal(bent * 1.4, tall * 7, 14))
    light = mix(light, light * 1.5 + rgb("#5a3a5c") * 0.15, haze * 0.6)
    chance = np.random.default_rng(2).uniform(size=x.shape)
    light = light + ((chance > 0.99975) & (y < 0.38))[..., None] * 0.9
    for row, (count, low, high) in enumerate(((46, 0.08, 0.27), (34, 0.12, 0.46), (24, 0.05, 0.30))):
        near = row / 2
        cover, buildings = towers(bent, tall, rng, waterline, count, low, high, near)
        mist = np.exp(-np.abs(waterline - tall) * 7) * (0.55 - 0.2 * near)
        light = mix(light, mix(buildings, rgb("#b8727a") * 0.5 * np.ones(x.shape + (3,)), mist), cover)
    quay = smooth(0.006, 0.002, np.abs(y - waterline))
    lamps = smooth(0.35, 0.1, np.abs((x * 26) % 1 - 0.5)) * smooth(0.005, 0.001, np.abs(y - waterline + 0.005))
    light = mix(light, rgb("#0c1022") * np.ones(x.shape + (3,)), quay)
    light = light + lamps[..., None] * rgb("#ffbf66") * 2.4
    below = smooth(waterline, waterline + 0.01, y)
    streaks = np.exp(-(((x * 26) % 1 - 0.5) / 0.16) ** 2) * (0.55 + 0.45 * noise(x * 3, y * 160, 6))
    light = light * (1 - 0.38 * below)[..., None]
    fade = np.exp(-np.clip(y - waterline, 0, 1) * 9)
    return develop(light + (below * streaks * fade * 0.42)[..., None] * rgb("#ffb765"), 0.007)


# Dunes: a height field, walked along each ray


def dune_heights(east, north):
    bend = 0.8 * noise(east * 0.35, north * 0.3, 4) + 0.25 * noise(east * 1.1, north * 1.0, 5)
    crest = (north * 0.42 + east * 0.16 + bend) % 1
    slope = np.where(crest < 0.72, crest / 0.72, (1 - crest) / 0.28)
    swell = 0.55 + 0.45 * noise(east * 0.4 + 9, north * 0.4, 6)
    return 0.42 * slope**1.25 * swell + 0.10 * noise(east * 0.5, north * 0.5, 8)


def dunes(width=720, height=480):
    x, y = canvas(width, height)
    eye, pitch = np.array([0.0, 1.02, 0.0]), 0.22
    ray = np.stack([x, 0.5 - y - pitch * 0.9, np.full(x.shape, 1.05)], -1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    distance, hit = np.full(x.shape, 0.4), np.zeros(x.shape, bool)
    for _ in range(260):
        place = eye + ray * distance[..., None]
        gap = place[..., 1] - dune_heights(place[..., 0], place[..., 2])
        hit |= gap < 0.0015 * distance
        distance = np.where(hit, distance, distance + np.clip(gap * 0.42, 0.002, 0.3))
    place = eye + ray * distance[..., None]
    step = 0.004 * distance.clip(0.5, 6)
    east, north = place[..., 0], place[..., 2]
    rise_x = (dune_heights(east + step, north) - dune_heights(east - step, north)) / (2 * step)
    rise_z = (dune_heights(east, north + step) - dune_heights(east, north - step)) / (2 * step)
    ripples = np.sin((north * 20 + east * 7 + 1.6 * noise(east * 2.5, north * 2.5, 3)) * 2 * np.pi)
    rise_z = rise_z + 0.11 * ripples * np.exp(-distance * 0.55)
    normal = np.stack([-rise_x, np.ones(x.shape), -rise_z], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    sun = np.array([-0.78, 0.36, 0.50])
    sun /= np.linalg.norm(sun)
    shadow = np.ones(x.shape)
    for reach in np.geomspace(0.02, 2.2, 34):
        over = place + sun * reach
        sunk = dune_heights(over[..., 0], over[..., 2]) - over[..., 1] - 0.03 * reach
        shadow = np.minimum(shadow, 1 - smooth(-0.03, 0.004, sunk))
    direct = np.clip(normal @ sun, 0, 1) * shadow
    sand = rgb("#e2a765") * (direct[..., None] * rgb("#fff0d6") * 1.55 + rgb("#7f8fc4") * 0.26)
    up = ray[..., 1]
    sky = gradient(up, (-0.05, "#f4dcbc"), (0.03, "#f2dcc0"), (0.14, "#b9cbe0"), (0.4, "#6f9bd0"))
    far = smooth(2, 19, distance)
    air = mix(mix(sand, rgb("#f4dcbc") * np.ones(x.shape + (3,)), far), sky, (~hit | (distance > 19)) * 1.0)
    return develop(air)


# A still life: spheres on a table


SPHERES = [  # middle, radius, colour, mirror
    ((-0.95, 0.62, 3.6), 0.62, "#c8442f", 0.10),
    ((0.22, 0.45, 3.05), 0.45, "#e8e4dc", 0.75),
    ((1.18, 0.55, 3.9), 0.55, "#2f6f9f", 0.15),
    ((0.86, 0.20, 2.62), 0.20, "#e0a92e", 0.20),
    ((-0.32, 0.17, 2.45), 0.17, "#3f8f5a", 0.15),
]


def trace(origin, ray):
    """The nearest thing on each ray: distance, and its number (0 nothing, 1 table, 2… spheres)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        table = np.where(ray[..., 1] < -1e-6, -origin[..., 1] / ray[..., 1], np.inf)
    nearest, thing = np.where(table > 1e-4, table, np.inf), np.where(table > 1e-4, 1, 0)
    thing = np.where(np.isinf(nearest), 0, thing)
    for number, (middle, radius, _, _) in enumerate(SPHERES, 2):
        to = origin - np.array(middle)
        b, c = (to * ray).sum(-1), (to * to).sum(-1) - radius**2
        root = b * b - c
        along = np.where(root > 0, -b - np.sqrt(np.clip(root, 0, None)), np.inf)
        closer = (along > 1e-4) & (along < nearest)
        nearest, thing = np.where(closer, along, nearest), np.where(closer, number, thing)
    return nearest, thing


def room(ray):
    up = ray[..., 1]
    window = smooth(0.05, 0.0, np.abs(ray[..., 0] + 0.55) - 0.22) * smooth(0.05, 0.0, np.abs(up - 0.55) - 0.2)
    return gradient(up, (-0.2, "#5a4a42"), (0.15, "#8d8178"), (0.6, "#4d5560")) * 0.8 + window[..., None] * 2.2


def shade(origin, ray, rng, bounces):
    distance, thing = trace(origin, ray)
    place = origin + ray * np.where(np.isinf(distance), 0, distance)[..., None]
    normal, colour, mirror = np.zeros(place.shape), np.zeros(place.shape), np.zeros(thing.shape)
    normal[thing == 1] = (0, 1, 0)
    wood = 0.5 + 0.5 * np.sin(38 * (place[..., 0] + 0.12 * fractal(place[..., 0] * 3, place[..., 2] * 0.6, 3, 4)))
    grain = fractal(place[..., 0] * 60, place[..., 2] * 3, 12, 3)
    plank = mix(rgb("#8a5a34") * np.ones(place.shape), rgb("#a87244"), wood * 0.6 + 0.25 * grain)
    colour[thing == 1], mirror[thing == 1] = plank[thing == 1], 0.05
    for number, (middle, radius, code, shine) in enumerate(SPHERES, 2):
        here = thing == number
        normal[here] = (place[here] - np.array(middle)) / radius
        colour[here], mirror[here] = rgb(code), shine
    start = place + normal * 1e-3
    lit = np.zeros(thing.shape)
    samples = 20 if bounces else 4
    for _ in range(samples):
        lamp = np.array([-2.6, 3.4, 0.9]) + np.array([1.0, 0.4, 1.0]) * rng.uniform(-0.5, 0.5, place.shape)
        to = lamp - start
        reach = np.linalg.norm(to, axis=-1)
        to /= reach[..., None]
        blocked = trace(start, to)[0] < reach
        lit += np.clip((normal * to).sum(-1), 0, 1) * ~blocked * 13 / reach**2 / samples
    near = 1.0
    for middle, radius, _, _ in SPHERES:  # contact shade under each sphere
        under = np.linalg.norm(place - np.array(middle), axis=-1) / radius
        near = near * np.where(thing == 1, smooth(0.55, 2.4, under) * 0.6 + 0.4, 1)
    light = colour * (lit[..., None] * rgb("#fff1dc") * 1.15 + (0.16 * near * (0.6 + 0.4 * normal[..., 1]))[..., None])
    if bounces:
        facing = -(normal * ray).sum(-1)
        mirrored = ray + 2 * facing[..., None] * normal
        fresnel = mirror + (1 - mirror) * np.clip(1 - facing, 0, 1) ** 5 * 0.6
        light = mix(light, shade(start, mirrored, rng, bounces - 1), fresnel * (thing > 0))
    light = mix(light, room(ray), (thing == 0) * 1.0)
    return mix(light, room(ray * 0), smooth(6, 16, np.where(thing == 1, distance, 0)))


def marbles(width=800, height=600):
    x, y = canvas(width, height)
    ray = np.stack([x * 1.05, (0.5 - y) * 1.05 - 0.30, np.ones(x.shape)], -1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    origin = np.broadcast_to(np.array([0.1, 1.55, -0.6]), ray.shape)
    return develop(shade(origin, ray, np.random.default_rng(8), 2) * 1.1, 0.004)


def main(photos, clips=None):
    photos = pathlib.Path(photos)
    lighthouse().save(photos / "lighthouse.jpg", quality=88)
    ridges().save(photos / "ridges.jpg", quality=86)
    forest().save(photos / "forest.jpg", quality=80)
    skyline().save(photos / "skyline.jpg", quality=84)
    marbles().save(photos / "marbles.jpg", quality=88)
    dunes().save(photos / "dunes.png", optimize=True)
    if clips:
        width, height, rate = 480, 320, 24
        film = f"ffmpeg -loglevel error -y -f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {rate} -i - -an"
        film += " -c:v libx264 -preset veryslow -crf 27 -pix_fmt yuv420p -movflags +faststart -fflags +bitexact"
        encoder = subprocess.Popen([*film.split(), pathlib.Path(clips) / "waves.mp4"], stdin=subprocess.PIPE)
        for frame in range(3 * rate):
            encoder.stdin.write(waves(width, height, frame / rate).tobytes())
        encoder.stdin.close()
        encoder.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
