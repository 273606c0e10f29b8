/** What of the plan is seen: a scale and a shift, kept so that the plan can't be lost. Pure arithmetic, in CSS pixels. */
import type { Box } from "./cells";

export interface View {
  /** Pixels a unit of the plan. */
  readonly scale: number;
  /** Where the plan's origin is. */
  readonly x: number;
  readonly y: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly bounds: Box;
  /** Of a seat, in the plan's unit. */
  readonly radius: number;
}

/** A seat is no larger than this, so that a finger has 44 pixels. */
const SEAT_PIXELS_MAX = 22;

export function leastScale({ width, height, bounds }: Frame): number {
  const across = Math.max(bounds.right - bounds.left, 1e-9);
  const down = Math.max(bounds.bottom - bounds.top, 1e-9);
  return Math.max(1e-9, Math.min(width / across, height / down));
}

export function mostScale(frame: Frame): number {
  return Math.max(leastScale(frame), SEAT_PIXELS_MAX / frame.radius);
}

/** The nearest view in which the plan fills the frame, or lies in its middle if it is smaller. */
export function clamp(view: View, frame: Frame): View {
  const scale = Math.min(mostScale(frame), Math.max(leastScale(frame), view.scale));
  const { bounds } = frame;
  const along = (shift: number, from: number, to: number, length: number): number => {
    const size = (to - from) * scale;
    if (size <= length) {
      return (length - size) / 2 - from * scale;
    }
    return Math.min(-from * scale, Math.max(length - to * scale, shift));
  };
  return {
    scale,
    x: along(view.x, bounds.left, bounds.right, frame.width),
    y: along(view.y, bounds.top, bounds.bottom, frame.height),
  };
}

export function wholeView(frame: Frame): View {
  return clamp({ scale: 0, x: 0, y: 0 }, frame);
}

export function isWhole(view: View, frame: Frame): boolean {
  return view.scale <= leastScale(frame) * 1.001;
}

/** Larger by a factor, around a point of the frame that stays where it is. */
export function zoomAt(view: View, frame: Frame, factor: number, x: number, y: number): View {
  const scale = Math.min(mostScale(frame), Math.max(leastScale(frame), view.scale * factor));
  const by = scale / view.scale;
  return clamp({ scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by }, frame);
}

export function pan(view: View, frame: Frame, dx: number, dy: number): View {
  return clamp({ scale: view.scale, x: view.x + dx, y: view.y + dy }, frame);
}

/** A box of the plan in the middle, as large as it can be, at this scale at most. */
export function viewOf(box: Box, frame: Frame, scaleMax: number): View {
  const scale = Math.min(scaleMax, leastScale({ ...frame, bounds: box }));
  const within = Math.min(mostScale(frame), Math.max(leastScale(frame), scale));
  return clamp(
    {
      scale: within,
      x: frame.width / 2 - ((box.left + box.right) / 2) * within,
      y: frame.height / 2 - ((box.top + box.bottom) / 2) * within,
    },
    frame,
  );
}

/** The part of the plan that is seen. */
export function seen(view: View, { width, height }: Pick<Frame, "width" | "height">): Box {
  return {
    left: -view.x / view.scale,
    top: -view.y / view.scale,
    right: (width - view.x) / view.scale,
    bottom: (height - view.y) / view.scale,
  };
}

/** Part of the way from one view to another; `done` is from 0 to 1. */
export function between(from: View, to: View, done: number): View {
  const eased = 1 - (1 - done) ** 3;
  const mix = (one: number, other: number): number => one + (other - one) * eased;
  return { scale: mix(from.scale, to.scale), x: mix(from.x, to.x), y: mix(from.y, to.y) };
}
