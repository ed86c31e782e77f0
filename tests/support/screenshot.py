#!/usr/bin/env python3
"""Makes a picture of a terminal: reads what `tmux capture-pane -e -N -p` gives, writes SVG.

    tmux capture-pane -e -N -p -t NAME | screenshot.py --cols 100 > screen.svg
    rsvg-convert screen.svg > screen.png
"""
import argparse
import html
import re
import sys
import unicodedata

CELL_W, CELL_H, FONT = 8.43, 18, 14
PAD = 10
BACKGROUND, FOREGROUND = "#16181c", "#d5d8dc"
LIGHT_BACKGROUND, LIGHT_FOREGROUND = "#fafafa", "#24292f"
LIGHT_PALETTE = [
    "#24292f", "#b3261e", "#1a7f37", "#8a5b00", "#0550ae", "#8250df", "#0b6e77", "#6e7781",
    "#57606a", "#cf222e", "#2da44e", "#bf8700", "#218bff", "#a475f9", "#3192aa", "#ffffff",
]
PALETTE = [
    "#22252b", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#5c6370", "#ff7b85", "#b5e08f", "#ffd68a", "#7cc4ff", "#dd8ff0", "#6fd3df", "#ffffff",
]
TOKEN = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0AB]|[\x0e\x0f]|(.)", re.S)


class Style:
    def __init__(self):
        self.reset()

    def reset(self):
        self.fg = self.bg = None
        self.bold = self.dim = self.italic = self.underline = self.reverse = False

    def apply(self, text):
        codes = [int(code or 0) for code in text.replace(":", ";").split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 2, 3, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code in (23, 24, 27):
                setattr(self, {23: "italic", 24: "underline", 27: "reverse"}[code], False)
            elif code in (38, 48):
                colour = extended(codes)
                self.fg, self.bg = (colour, self.bg) if code == 38 else (self.fg, colour)
            elif code in (39, 49):
                self.fg, self.bg = (None, self.bg) if code == 39 else (self.fg, None)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.fg = PALETTE[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.bg = PALETTE[code - 40 if code < 100 else code - 92]

    def colours(self):
        fg, bg = self.fg or FOREGROUND, self.bg or BACKGROUND
        return (bg, fg) if self.reverse else (fg, bg)


def extended(codes):
    """The colour of the codes after 38 or 48, which are removed."""
    kind = codes.pop(0) if codes else 0
    if kind == 2 and len(codes) >= 3:
        rgb, codes[:3] = codes[:3], []
        return "#%02x%02x%02x" % tuple(rgb)
    number = codes.pop(0) if kind == 5 and codes else 0
    if number < 16:
        return PALETTE[number]
    if number >= 232:
        return "#" + "%02x" % (8 + 10 * (number - 232)) * 3
    number -= 16
    steps = [0, 95, 135, 175, 215, 255]
    return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])


def width(char):
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cells(line, style):
    """(column, text, width, style attributes) of each character with its marks."""
    column, found = 0, []
    for match in TOKEN.finditer(line):
        if match.group(1) is not None:
            style.apply(match.group(1))
        char = match.group(2)
        if not char:
            continue
        wide = width(char)
        if wide == 0 and found:
            found[-1][1] += char
            continue
        look = (style.colours(), style.bold, style.dim, style.italic, style.underline)
        found.append([column, char, wide, look])
        column += wide
    return found


def draw(column, row, text, wide, look, out):
    (fg, bg), bold, dim, italic, underline = look
    x, y = column * CELL_W, row * CELL_H
    if bg != BACKGROUND:
        out.append(f'<rect x="{x:.2f}" y="{y}" width="{wide * CELL_W + 0.4:.2f}" height="{CELL_H}" fill="{bg}"/>')
    faint = ' opacity="0.55"' if dim else ""
    if text == "─":
        out.append(f'<rect x="{x:.2f}" y="{y + CELL_H / 2}" width="{CELL_W + 0.3:.2f}" height="1" fill="{fg}"{faint}/>')
    elif text == "│":
        out.append(f'<rect x="{x + CELL_W / 2:.2f}" y="{y}" width="1" height="{CELL_H}" fill="{fg}"{faint}/>')
    elif text in "▌▍":
        part = CELL_W * (0.5 if text == "▌" else 0.375)
        out.append(f'<rect x="{x:.2f}" y="{y}" width="{part:.2f}" height="{CELL_H}" fill="{fg}"{faint}/>')
    elif text.strip():
        attributes = faint
        attributes += ' font-weight="bold"' if bold else ""
        attributes += ' font-style="italic"' if italic else ""
        attributes += ' text-decoration="underline"' if underline else ""
        out.append(f'<text x="{x:.2f}" y="{y + 13.5}" fill="{fg}"{attributes}>{html.escape(text)}</text>')


def use_light():
    global BACKGROUND, FOREGROUND
    BACKGROUND, FOREGROUND, PALETTE[:] = LIGHT_BACKGROUND, LIGHT_FOREGROUND, LIGHT_PALETTE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cols", type=int, default=100, help="columns of the terminal")
    parser.add_argument("--light", action="store_true", help="the colours of a light terminal")
    options = parser.parse_args()
    if options.light:
        use_light()
    lines = sys.stdin.read().split("\n")
    if lines and not lines[-1]:
        lines.pop()
    out, style = [], Style()
    for row, line in enumerate(lines):
        for column, text, wide, look in cells(line, style):
            draw(column, row, text, wide, look, out)
    w, h = options.cols * CELL_W + 2 * PAD, len(lines) * CELL_H + 2 * PAD
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0f}" height="{h:.0f}" '
          f'viewBox="{-PAD} {-PAD} {w:.0f} {h:.0f}">')
    print(f'<rect x="{-PAD}" y="{-PAD}" width="{w:.0f}" height="{h:.0f}" rx="6" fill="{BACKGROUND}"/>')
    print(f'<g font-family="DejaVu Sans Mono, Noto Sans Mono CJK SC, monospace" font-size="{FONT}" xml:space="preserve">')
    print("\n".join(out))
    print("</g></svg>")


if __name__ == "__main__":
    main()
