/** What is drawn over the seats in every frame, as it is little: zones, the stage, sections' names, the focus. */
import type { ShowState } from "../feed/follow";
import type { Box } from "./cells";
import type { Layout } from "./layout";
import { inkOn, type Palette } from "./palette";
import type { PlanModel } from "./plan";
import type { MapText } from "./text";
import type { View } from "./view";

/** Sections are named while their seats are smaller than this, in pixels. */
const NAMED_RADIUS = 6;

export interface OverlayOptions {
  readonly plan: PlanModel;
  readonly layout: Layout;
  readonly text: MapText;
}

export interface Pointed {
  /** The seat that has the keyboard's focus, and the one under the mouse. */
  readonly focused: number | undefined;
  readonly hovered: number | undefined;
}

/** In CSS pixels; the context is scaled by the screen's density. */
export function drawOverlay(
  context: CanvasRenderingContext2D,
  { plan, layout, text }: OverlayOptions,
  view: View,
  palette: Palette,
  state: ShowState | undefined,
  { focused, hovered }: Pointed,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  const on = ({ left, top, right, bottom }: Box): Box => ({
    left: left * view.scale + view.x,
    top: top * view.scale + view.y,
    right: right * view.scale + view.x,
    bottom: bottom * view.scale + view.y,
  });
  context.textAlign = "center";
  context.textBaseline = "middle";
  const screen = { left: 0, top: 0, right: width, bottom: height };
  if (layout.stage !== undefined) {
    drawBox(context, on(layout.stage), screen, palette.faint, [text.stage], palette.ink);
  }
  layout.zones.forEach((box, at) => {
    const zone = plan.zones[at];
    const count = state?.zones.find(({ name }) => name === zone?.name);
    const color = palette.categories[zone?.category ?? 0] ?? palette.faint;
    const isFull = count !== undefined && count.free === 0;
    const lines = [zone?.name ?? "", ...(count === undefined ? [] : [text.placesFree(count.free)])];
    drawBox(context, on(box), screen, isFull ? palette.faint : color, lines, isFull ? palette.ink : inkOn(color, context));
  });
  if (layout.radius * view.scale < NAMED_RADIUS) {
    for (const { name, x, y, box } of layout.sections) {
      nameSection(context, name, x * view.scale + view.x, y * view.scale + view.y, on(box), palette);
    }
  }
  for (const [seat, line] of [[hovered, 1.5], [focused, 3]] as const) {
    const place = plan.seats[seat ?? -1];
    if (place !== undefined) {
      context.strokeStyle = palette.focus;
      context.lineWidth = line;
      context.beginPath();
      const radius = Math.max(layout.radius * view.scale * 1.2, 5) + line;
      context.arc(place.x * view.scale + view.x, place.y * view.scale + view.y, radius, 0, Math.PI * 2);
      context.stroke();
    }
  }
}

/** With its words in the middle of what is seen of it. */
function drawBox(
  context: CanvasRenderingContext2D,
  box: Box,
  screen: Box,
  color: string,
  lines: readonly string[],
  ink: string,
): void {
  const round = Math.min(8, (box.right - box.left) / 4, (box.bottom - box.top) / 4);
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(box.left, box.top, box.right - box.left, box.bottom - box.top, round);
  context.fill();
  const left = Math.max(box.left, screen.left);
  const top = Math.max(box.top, screen.top);
  const width = Math.min(box.right, screen.right) - left;
  const height = Math.min(box.bottom, screen.bottom) - top;
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 1);
  const size = Math.min(16, (height / lines.length) * 0.7, (width / longest) * 1.6);
  if (size < 6) {
    return;
  }
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillStyle = ink;
  lines.forEach((line, at) => {
    context.fillText(line, left + width / 2, top + height / 2 + (at - (lines.length - 1) / 2) * size * 1.3, width);
  });
}

/** On a ground of its own, as it stands on seats; left out where it would be larger than its section. */
function nameSection(
  context: CanvasRenderingContext2D,
  name: string,
  x: number,
  y: number,
  box: Box,
  palette: Palette,
): void {
  const room = Math.max(box.right - box.left, box.bottom - box.top);
  const size = Math.min(15, room / 2);
  if (size < 9 || name === "") {
    return;
  }
  context.font = `700 ${size}px system-ui, sans-serif`;
  const width = Math.max(context.measureText(name).width + size * 0.6, size * 1.5);
  if (width > room * 1.5) {
    return;
  }
  context.fillStyle = palette.ground;
  context.globalAlpha = 0.85;
  context.beginPath();
  context.roundRect(x - width / 2, y - size * 0.75, width, size * 1.5, size * 0.4);
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = palette.ink;
  context.fillText(name, x, y + size * 0.05);
}
